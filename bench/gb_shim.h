#ifndef RTK_GB_SHIM_H
#define RTK_GB_SHIM_H

/* Google Benchmark for C.
 *
 * Google Benchmark has no C interface, decides itself how often it calls, and
 * runs all repetitions of a case in a row. Here a case is a table of C
 * functions; the caller decides how many calls one run makes and in which order
 * runs of different cases follow each other, so that the cases can alternate.
 *
 *     rtk_gb *gb = NULL;
 *     rtk_gb_result result;
 *     size_t sum;
 *     rtk_status s = rtk_gb_new(&gb, "my-benchmark");
 *     if (!s) s = rtk_gb_add(gb, &sum_case, &sum);
 *     for (int round = 0; round < 20 && !s; round++)
 *         s = rtk_gb_run(gb, sum, 1000, RTK_GB_KEEP, &result);
 *     if (!s) s = rtk_gb_write(gb, "sum.json");
 *     rtk_gb_free(gb);
 *
 * Every run measures wall time and the CPU time of all threads of the process,
 * so cpu_s / real_s is the parallelism that was there. The kernel gets the
 * whole number of calls and loops in C: there is no call per iteration.
 * Whatever is thrown by a callback, or by the library, comes back as a status
 * or an error of the run. Numbers that are not finite never reach the JSON.
 *
 * Options and BENCHMARK_... variables that would change what a run does are
 * overruled. The library's registry is one for the process, and so is an
 * rtk_gb. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RTK_GB_ARGS_MAX = 24,
    RTK_GB_COUNTERS_MAX = 16,
    RTK_GB_NAME = 48,     /* bytes of a counter's name */
    RTK_GB_SENTENCE = 256 /* bytes of a label, an error */
};

/* How a counter is turned into what is reported; bits. */
#define RTK_GB_PLAIN       0U  /* as it is */
#define RTK_GB_RATE        1U  /* divided by the run's wall seconds */
#define RTK_GB_TIMES_CALLS 4U  /* multiplied by the number of calls */
#define RTK_GB_PER_CALL    8U  /* divided by the number of calls */
#define RTK_GB_INVERT      16U /* one over the result, last of all */
/* Work of one call, as work per second. */
#define RTK_GB_WORK_RATE   (RTK_GB_RATE | RTK_GB_TIMES_CALLS)

/* What a callback says about the run it belongs to. Made by the wrapper; valid
 * during the callback, for the thread that is in it. */
typedef struct rtk_gb_notes rtk_gb_notes;

/* Report `value` as counter `name`; the same name again replaces it, more than
 * RTK_GB_COUNTERS_MAX are dropped and counted in the result.
 * MT-Unsafe race:notes. */
void rtk_gb_count(rtk_gb_notes *notes, const char *name, double value,
                  unsigned flags);

/* Set the run's label. MT-Unsafe race:notes. */
void rtk_gb_label(rtk_gb_notes *notes, const char *text);

/* Make the run an error with this sentence; the first one stays. A run with an
 * error has no time. MT-Unsafe race:notes. */
void rtk_gb_error(rtk_gb_notes *notes, const char *text);

/* One named argument: "n:256" in the case's full name. */
typedef struct rtk_gb_arg {
    const char *name;
    int64_t value;
} rtk_gb_arg;

/* What is measured. Copied by rtk_gb_add() with its texts; `user` is the
 * caller's. All callbacks run in the thread that calls rtk_gb_run(). A status
 * other than RTK_OK makes the run an error. */
typedef struct rtk_gb_case {
    size_t size; /* sizeof (rtk_gb_case) */
    const char *name;
    const rtk_gb_arg *args;
    size_t n_args;
    void *user;
    /* Before the clock starts; optional. */
    rtk_status (*setup)(void *user, rtk_gb_notes *notes);
    /* The body, `calls` times, in one loop. This alone is timed. */
    rtk_status (*kernel)(void *user, uint64_t calls);
    /* After the clock has stopped: judge the result, set counters; optional,
     * called only if setup and kernel succeeded. */
    rtk_status (*check)(void *user, rtk_gb_notes *notes);
    /* At the end of a run whose setup was called; optional. */
    void (*teardown)(void *user);
} rtk_gb_case;

/* A counter as reported: flags are applied. */
typedef struct rtk_gb_counter {
    char name[RTK_GB_NAME];
    double value; /* finite */
} rtk_gb_counter;

/* One run, flat. */
typedef struct rtk_gb_result {
    size_t size; /* set by the caller to sizeof (rtk_gb_result) */
    uint64_t calls;
    double real_s, cpu_s; /* of all calls together; 0 with an error */
    bool failed;
    char error[RTK_GB_SENTENCE]; /* "" if not failed */
    char label[RTK_GB_SENTENCE];
    size_t n_counters;
    size_t dropped_counters; /* not finite, or too many */
    rtk_gb_counter counters[RTK_GB_COUNTERS_MAX];
} rtk_gb_result;

/* The cases and the runs that were kept. Belongs to one thread. */
typedef struct rtk_gb rtk_gb;

/* Start.
 *
 *   gb       out, on success only; release it with rtk_gb_free()
 *   program  name for the context of the JSON file; copied
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EUNSUPPORTED while another one lives.
 * MT-Unsafe: one for the process. */
RTK_CHECKED rtk_status rtk_gb_new(rtk_gb **gb, const char *program);

/* Release; NULL is allowed. MT-Unsafe race:gb. */
void rtk_gb_free(rtk_gb *gb);

/* Register a case.
 *
 *   one    name not empty, kernel set, n_args at most RTK_GB_ARGS_MAX
 *   index  out, on success only: 0, 1, ... in the order of registration
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EINVAL (also when name and arguments are
 * those of another case). MT-Unsafe race:gb. */
RTK_CHECKED rtk_status rtk_gb_add(rtk_gb *gb, const rtk_gb_case *one,
                                  size_t *index);

/* The full name of case `index` as in the JSON file, "sum/n:256/workers:2/
 * process_time/real_time", or NULL; lives as long as `gb`.
 * MT-Unsafe race:gb. */
const char *rtk_gb_name(const rtk_gb *gb, size_t index);

/* Whether a run goes into the JSON file. */
typedef enum rtk_gb_keep { RTK_GB_DROP, RTK_GB_KEEP } rtk_gb_keep;

/* Run exactly one case once.
 *
 *   calls   1 .. INT64_MAX: what the kernel is given, once
 *   result  out; `size` is read. An error of the run is in it, not in the
 *           status
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_ENOMEM, or RTK_EFAILED when the library did
 * not run the case. MT-Unsafe race:gb. */
RTK_CHECKED rtk_status rtk_gb_run(rtk_gb *gb, size_t index, uint64_t calls,
                                  rtk_gb_keep keep, rtk_gb_result *result);

/* Hand over to the library: its own choice of calls, its flags, its console and
 * files. For people and programs that know it; no run is kept here.
 *
 *   argc, argv  flags as --benchmark_filter=..., argv[0] is not read
 *
 * Returns RTK_OK, RTK_EINVAL for a flag that the library does not know, which
 * it has said on the standard error, or RTK_EFAILED when nothing was run.
 * MT-Unsafe race:gb. */
RTK_CHECKED rtk_status rtk_gb_drive(rtk_gb *gb, int argc, char **argv);

/* Add a line to the context of the JSON file; the same key again replaces it
 * until the first rtk_gb_write(). Returns RTK_OK or RTK_ENOMEM.
 * MT-Unsafe race:gb. */
RTK_CHECKED rtk_status rtk_gb_context(rtk_gb *gb, const char *key,
                                      const char *value);

/* Write the runs that were kept, case by case, in Google Benchmark's JSON: a
 * case's runs are its repetitions. The file is written beside its place and
 * renamed; names leave out the number of calls, so that two files compare.
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EIO with errno set.
 * MT-Unsafe race:gb. */
RTK_CHECKED rtk_status rtk_gb_write(const rtk_gb *gb, const char *path);

#ifdef __cplusplus
}
#endif

#endif
