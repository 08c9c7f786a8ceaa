#ifndef RTK_SWEEP_H
#define RTK_SWEEP_H

/* A sweep: subjects x sizes x workers x BLAS threads, measured in rounds.
 *
 * Each answer is judged before anything is timed, and a wrong one has no time.
 * Then every round takes one sample of every cell, in an order drawn for that
 * round, so that whatever disturbs the machine for a while disturbs all cells
 * alike: times of one round are pairs. Before each sample the threads of the
 * one before are waited for until they sleep, for they would take its cores and
 * be counted in its CPU time. */

#include <jansson.h>

#include "bench/sweep_points.h"
#include "harness/plugin.h"

enum { RTK_SIZES_MAX = 64, RTK_SETTINGS_MAX = 32 };

/* NAME=VALUE: a parameter that is not swept, for all subjects that have it. */
typedef struct rtk_setting {
    const char *name;
    int64_t value;
} rtk_setting;

/* How far a sweep is, for a person. */
typedef struct rtk_sweep_progress {
    size_t cells, ready; /* judged and calibrated, so far */
    size_t round;        /* 0 until all are ready */
    double elapsed_s, budget_s;
} rtk_sweep_progress;

/* What a sweep tells its caller and asks; all optional. Called in the thread
 * that sweeps. */
typedef struct rtk_sweep_hooks {
    void *to;
    /* A record "cell"; takes it over. */
    void (*record)(void *to, json_t *cell);
    void (*progress)(void *to, const rtk_sweep_progress *progress);
    /* Whether to end after the current sample. */
    bool (*stop)(void *to);
} rtk_sweep_hooks;

/* What is asked for; read only. */
typedef struct rtk_sweep {
    size_t size; /* sizeof (rtk_sweep) */
    const rtk_subject *const *subjects;
    size_t n_subjects;
    rtk_axes axes;
    /* For each subject's first parameter that has a sweep; none = its own. */
    int64_t sizes[RTK_SIZES_MAX];
    size_t n_sizes;
    rtk_setting settings[RTK_SETTINGS_MAX];
    size_t n_settings;
    double budget_s; /* of all; five rounds are always completed */
    uint64_t seed;
    int google_argc;    /* not 0: Google Benchmark measures, by these flags; */
    char **google_argv; /* google_argv[0] is not read, and no record is given */
    const char *json;   /* NULL, or where Google Benchmark's JSON goes */
    rtk_sweep_hooks hooks;
} rtk_sweep;

/* What came of it. */
typedef struct rtk_swept {
    size_t cells, measured, wrong, could_not_run;
    size_t rounds; /* completed */
    bool stopped;  /* by hooks.stop */
} rtk_swept;

/* Measure.
 *
 *   swept     out, when RTK_OK
 *   sentence  out on failure: what was wrong with the request, or what could
 *             not be written
 *
 * Returns RTK_OK; RTK_EINVAL for a request that cannot be served, before
 * anything is run; RTK_ENOMEM; RTK_EIO when the JSON file could not be written,
 * after all records were given to the hook.
 * MT-Unsafe: one at a time in a process. */
RTK_CHECKED rtk_status rtk_sweep_run(const rtk_sweep *sweep, rtk_swept *swept,
                                     char sentence[RTK_SENTENCE]);

#endif
