#ifndef RTK_INFO_H
#define RTK_INFO_H

/* The parts of `racetrack info`. Each gives JSON; info_print.c makes of it what
 * people read, so that both say the same. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "harness/supervise/server.h"

enum { RTK_INFO_SENTENCE = 1024 };

/* The CPUs usable here and what limits them; the caller's. MT-Safe env. */
json_t *rtk_info_cpus(void);

/* The variables that are set for us (RACETRACK_*) and for the libraries, each
 * with what it does; the caller's. MT-Safe env. */
json_t *rtk_info_variables(void);

/* A program that is looked at, or libraries that are loaded for it. */
typedef struct rtk_info_target {
    char *const *argv;        /* NULL-terminated; or NULL for libraries */
    const char *const *loads; /* n_loads names for dlopen() */
    size_t n_loads;
    const char *probe;   /* path of the object to preload */
    unsigned timeout_ms; /* for loading; 0 = a minute */
} rtk_info_target;

/* Run the program with the probe in it until it ends.
 *
 *   result    out, on success only, the caller's: how it ended, and the
 *             processes that told of themselves
 *   sentence  says what went wrong
 *
 * Returns RTK_OK; RTK_EIO when there is no such program or no place to write;
 * RTK_EUNSUPPORTED when nothing can be seen of it, with *result set to how it
 * ended.
 * MT-Unsafe race:process. */
RTK_CHECKED rtk_status rtk_info_run(const rtk_info_target *target,
                                    json_t **result,
                                    char sentence[RTK_INFO_SENTENCE]);

/* Load the libraries in a child process and look at its pools.
 *
 * Returns RTK_OK; RTK_EIO with `sentence` when a library cannot be loaded, or
 * ends the child; RTK_ECANCELLED on a signal.
 * MT-Unsafe race:process. */
RTK_CHECKED rtk_status rtk_info_load(const rtk_info_target *target,
                                     json_t **result,
                                     char sentence[RTK_INFO_SENTENCE]);

/* Find a program as the shell would. False: there is none, and `why` says so.
 * MT-Safe env. */
bool rtk_info_find(const char *name, char path[4096], const char **why);

/* Why nothing can be preloaded into the program at `path`, as the end of a
 * sentence; or NULL when it can. MT-Safe. */
const char *rtk_info_blind(const char *path);

/* Add to each process of `result` what it comes to on `cpus` CPUs: the threads
 * that may want to run at once, and what to warn of.
 *
 *   callers  threads that call the libraries; 0: as many as the process had of
 *            its own at its peak
 *
 * MT-Unsafe race:result. */
void rtk_info_estimate(json_t *result, unsigned cpus, unsigned callers);

/* Measure the crossover for about `seconds`.
 *
 *   result  out, on success only, the caller's
 *
 * Returns RTK_OK, RTK_ECANCELLED on a signal, or another with `sentence`.
 * MT-Unsafe race:pool. */
RTK_CHECKED rtk_status rtk_info_calibrate(double seconds, json_t **result,
                                          char sentence[RTK_INFO_SENTENCE]);

/* Write `document` for people. MT-Safe env. */
void rtk_info_print(const json_t *document, FILE *to);

#endif
