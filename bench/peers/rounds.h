#ifndef RTK_ROUNDS_H
#define RTK_ROUNDS_H

/* Every round takes one sample of every side of a group, case by case in an
 * order drawn for it, and a ratio is made of two samples of one round: the
 * machine's moods cancel. */

#include "bench/peers/coprocess.h"
#include "bench/peers/quantiles.h"

enum { RTK_ROUNDS_MAX = 300 };

/* A group of sides, and how its rounds go; read only. */
typedef struct rtk_stage {
    const char *name;
    rtk_sides (*sides)(void);
    double share;  /* of the budget */
    size_t rounds; /* at least, unless the budget is 0: then one */
    bool fresh;    /* new processes for each round */
    bool foreign;  /* beside a process that keeps a CPU busy */
} rtk_stage;

/* All stages, as --only names them. Live for ever. MT-Safe. */
const rtk_stage *rtk_stages(size_t *n);

/* A side and its samples. */
typedef struct rtk_arm {
    const rtk_side *side;
    rtk_coprocess *process;
    size_t most;               /* rounds it takes part in */
    rtk_sample opened;         /* its status, and calls of one sample */
    double ns[RTK_ROUNDS_MAX]; /* of a call, one a round */
    double waited[RTK_ROUNDS_MAX];
    bool kept[RTK_ROUNDS_MAX];
    size_t dropped;         /* samples, as a thread waited for a core; those
                               that were taken again are counted too */
    uint64_t loops, shared; /* as in rtk_sample, of all samples */
} rtk_arm;

/* What a stage gave. */
typedef struct rtk_result {
    const rtk_stage *stage;
    rtk_arm *arms;
    size_t n, rounds;
    double load[2]; /* average before and after */
} rtk_result;

/* How to measure. */
typedef struct rtk_plan {
    double budget_s; /* for all stages; 0: one short sample of each side */
    uint64_t seed, started_ns;
    double shares;         /* sum over the stages that are run */
    bool (*stopped)(void); /* asked to give up */
} rtk_plan;

/* Run a stage. `result` is the caller's to release with rtk_result_free(), in
 * every case. MT-Unsafe race:result. */
void rtk_stage_run(const rtk_stage *stage, const rtk_plan *plan,
                   rtk_result *result);

/* Release it. MT-Unsafe race:result. */
void rtk_result_free(rtk_result *result);

/* Whether two arms belong to one case: all is the same but who does it.
 * MT-Safe. */
bool rtk_same_case(const rtk_arm *a, const rtk_arm *b);

/* The arm of that kind, and name if not NULL, in the case of `of`; or NULL.
 * MT-Safe. */
const rtk_arm *rtk_arm_beside(const rtk_result *result, const rtk_arm *of,
                              rtk_kind kind, const char *name);

/* The times of the samples that are kept. MT-Safe. */
rtk_spread rtk_arm_ns(const rtk_result *result, const rtk_arm *arm);

/* Ratios `over` / `under` of the rounds in which both are kept, or of all where
 * these are fewer than three.
 *
 *   ratios  out, RTK_ROUNDS_MAX
 *
 * Returns how many. MT-Safe. */
size_t rtk_arm_ratios(const rtk_result *result, const rtk_arm *over,
                      const rtk_arm *under, double *ratios);

/* Their spread. MT-Safe. */
rtk_spread rtk_arm_ratio(const rtk_result *result, const rtk_arm *over,
                         const rtk_arm *under);

#endif
