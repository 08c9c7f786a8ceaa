#ifndef RTK_BENCH_CELL_H
#define RTK_BENCH_CELL_H

/* One cell of a sweep: a subject at one size and one point. It has no time
 * before its answer was found right. */

#include <jansson.h>

#include "bench/gb_shim.h"
#include "bench/sweep_points.h"
#include "harness/arrays.h"
#include "harness/plugin.h"

enum { RTK_ROUNDS_MAX = 200 };

typedef enum rtk_cell_status {
    RTK_CELL_MEASURED,
    RTK_CELL_WRONG,
    RTK_CELL_COULD_NOT_RUN
} rtk_cell_status;

/* What the truth says about an answer. */
typedef struct rtk_answer {
    rtk_cell_status status;
    char reason[RTK_GB_SENTENCE]; /* "" = none */
    double error;                 /* NaN: not known */
} rtk_answer;

/* A subject's arrays for one set of parameters, shared by all cells of that
 * set, so that no cell has the better pages. */
typedef struct rtk_site {
    const rtk_subject *subject;
    int64_t value[RTK_PARAMS_MAX];
    rtk_args args; /* refers to value */
    rtk_arrays arrays;
    size_t blas; /* index of the parameter "blas", or n_params */
    bool refill; /* inputs are overwritten by a call */
    rtk_status failed;
    char reason[RTK_GB_SENTENCE]; /* why there are no arrays; else "" */
    /* The last answer that was judged, and its bits. */
    bool judged;
    uint64_t digest;
    rtk_answer answer;
} rtk_site;

/* A cell; belongs to the thread that sweeps. */
typedef struct rtk_bench_cell {
    rtk_site *site;
    const rtk_op *op;
    rtk_point point;
    uint64_t seed;
    rtk_call call;
    void *instance;
    bool opened;

    rtk_answer answer;
    uint64_t calls;       /* of one sample; 0: not calibrated */
    uint64_t known_calls; /* if they need not be found; then call_ns and spins
                             are known as well */
    double call_ns;       /* the least that calibration saw of one call */
    bool spins;           /* threads of it use CPU time while they wait */
    size_t index;         /* in the rtk_gb */
    bool added;           /* to it */
    double flops, bytes;
    size_t rounds;                                          /* samples so far */
    double wall_ns[RTK_ROUNDS_MAX], cpu_ns[RTK_ROUNDS_MAX]; /* of one call */
} rtk_bench_cell;

/* Allocate and fill the arrays of `site`, whose subject and values are set;
 * what goes wrong is kept in it.
 *
 *   room  bytes that may be used; lowered by what is taken.
 *
 * MT-Unsafe race:site. */
void rtk_site_open(rtk_site *site, uint64_t seed, size_t *room);

/* Write the inputs anew. Returns what the subject's fill() did, or RTK_OK where
 * it has none. MT-Unsafe race:site. */
RTK_CHECKED rtk_status rtk_site_fill(rtk_site *site, uint64_t seed);

/* Release. MT-Unsafe race:site. */
void rtk_site_close(rtk_site *site);

/* Open the instance, run once, judge the answer, and find how many calls make
 * a sample of 2 to 10 ms. What goes wrong is kept in the cell's status.
 *
 *   cell  site, op, point and seed are set, the rest is zero.
 *
 * MT-Unsafe race:cell. */
void rtk_cell_open(rtk_bench_cell *cell);

/* Close the instance. MT-Unsafe race:cell. */
void rtk_cell_close(rtk_bench_cell *cell);

/* Call it `calls` times: what is timed. Returns what the first call that failed
 * returned. MT-Unsafe race:cell. */
RTK_CHECKED rtk_status rtk_cell_run(rtk_bench_cell *cell, uint64_t calls);

/* Fill inputs that calls overwrite, warm caches and wake threads by one call,
 * unless a sample is a single call, which is long enough to do that itself.
 * Returns as rtk_cell_run(). MT-Unsafe race:cell. */
RTK_CHECKED rtk_status rtk_cell_warm(rtk_bench_cell *cell);

/* Judge what the calls of a sample left, where one can: bits that were judged
 * before are as right as they were then, others are checked again. Overwritten
 * inputs are beyond judgement, and so are other bits of an operation that does
 * not promise equal ones. What is wrong is kept in the cell's answer.
 *
 * Returns a word that depends on every bit of the outputs.
 * MT-Unsafe race:cell. */
uint64_t rtk_cell_judge_again(rtk_bench_cell *cell);

/* Make the cell's answer one that has no time, with a reason.
 *
 *   what, why  why may be NULL
 *
 * MT-Unsafe race:cell. */
void rtk_cell_refuse(rtk_bench_cell *cell, rtk_cell_status status,
                     const char *what, const char *why);

/* Wait until no thread of this process uses a CPU, within reason: 40 ms at
 * most. Returns whether there was one that did. MT-Safe. */
int rtk_settle(void);

/* A point of a sweep as an object: subject, args, workers and so on, the
 * caller's. NULL: out of memory. MT-Safe. */
json_t *rtk_cell_point(const rtk_bench_cell *cell);

/* Register a cell that is measurable. Returns as rtk_gb_add().
 * MT-Unsafe race:cell race:gb. */
RTK_CHECKED rtk_status rtk_cell_add(rtk_bench_cell *cell, rtk_gb *gb);

/* Take one sample; a run that fails costs the cell its times.
 * MT-Unsafe race:cell race:gb. */
void rtk_cell_sample(rtk_bench_cell *cell, rtk_gb *gb);

/* The record "cell" of docs/records.md; the caller's. NULL: out of memory.
 * MT-Unsafe race:cell. */
json_t *rtk_cell_record(const rtk_bench_cell *cell);

#endif
