#ifndef RTK_TARGET_H
#define RTK_TARGET_H

/* A library under test in place of a plug-in: the plug-in for its interface,
 * which finds it in the environment. */

#include "stress/command.h"

/* Belongs to the plan that it was taken for. */
typedef struct rtk_target {
    char plugin[4200];                 /* of the interface */
    char option[RTK_QUOTED_ROOM + 16]; /* as it stands on a command line */
} rtk_target;

/* Make the library at `path` what `plan` is about.
 *
 *   interface  "blas" or "fftw"
 *   target     what `plan` refers to from now on
 *
 * MT-Unsafe race:environment. */
void rtk_target_take(rtk_target *target, rtk_plan *plan, const char *interface,
                     const char *path);

/* Make the plug-in at `path`, which `plan` is about, part of its command lines.
 * MT-Unsafe race:target. */
void rtk_target_plugin(rtk_target *target, rtk_plan *plan, const char *path);

/* What of the environment decides what a trial does, as {name: value}; NULL
 * when there is nothing. The caller's. MT-Unsafe race:environment. */
json_t *rtk_target_environment(void);

/* Set the environment to what such an object says.
 * MT-Unsafe race:environment. */
void rtk_target_restore(const json_t *environment);

#endif
