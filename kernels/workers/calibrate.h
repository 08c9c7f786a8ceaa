#ifndef RTK_CALIBRATE_H
#define RTK_CALIBRATE_H

/* From how much work on is a loop with helpers faster than without? Measured on
 * the machine at hand with work of a known length, so that the cut-off of the
 * pools can be judged, and a caller knows what is too small. */

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The range of work that is tried, in nanoseconds. */
#define RTK_CROSSOVER_LEAST_NS 200.0
#define RTK_CROSSOVER_MOST_NS  2e6

/* What to measure. */
typedef struct rtk_crossover_plan {
    size_t size;
    unsigned workers; /* 2 or more, of the loop with helpers */
    double pause_s;   /* between loops; 0: back to back, helpers awake */
    double budget_s;  /* about; at least three searches are done */
    double least_ns;  /* range of total work to search in; 0: the whole of */
    double most_ns;   /* RTK_CROSSOVER_LEAST_NS .. RTK_CROSSOVER_MOST_NS */
    const rtk_cancel *cancel;
    /* Called now and then with the share that is done, 0 .. 1; or NULL. */
    void (*progress)(void *to, double done);
    void *to;
} rtk_crossover_plan;

/* What was found: total work in nanoseconds from which on sharing is faster. */
typedef struct rtk_crossover_found {
    size_t size;
    double median_ns, low_ns, high_ns; /* with the quartiles of the searches */
    unsigned searches;
    unsigned never;  /* searches in which sharing was never faster ... */
    unsigned always; /* ... and in which it always was, within the range; they
                        count as the ends of the range */
} rtk_crossover_found;

/* Measure it with a pool of its own that has no cut-off.
 *
 * Each search halves the range, on a scale of ratios; each step compares the
 * medians of loops with and without helpers that were run in turn.
 *
 *   found  out, on success only
 *
 * Returns RTK_OK; RTK_EINVAL; RTK_ENOMEM; RTK_ETHREAD when there is no helper;
 * RTK_ECANCELLED.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_crossover_measure(const rtk_crossover_plan *plan,
                                             rtk_crossover_found *found);

/* Work for about `ns` nanoseconds in the calling thread, without memory: the
 * work of rtk_crossover_measure(). Its speed is measured by the first call.
 * MT-Safe. */
void rtk_crossover_work(double ns);

#ifdef __cplusplus
}
#endif

#endif
