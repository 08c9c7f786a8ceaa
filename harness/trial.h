#ifndef RTK_TRIAL_H
#define RTK_TRIAL_H

/* One trial: actors use a subject in one way, oracles look on. Runs in a
 * process of its own, which the trial may wreck. */

#include "harness/usage.h"

enum { RTK_ACTORS_MAX = 64 };

/* What to try; read-only during the trial. */
typedef struct rtk_trial {
    const rtk_subject *subject;
    const rtk_op *op;
    rtk_args args;
    const rtk_usage *usage;
    int64_t workers;    /* as in rtk_call */
    unsigned actors;    /* 1 .. RTK_ACTORS_MAX */
    unsigned calls;     /* of one actor, at most; at least 1 */
    uint64_t budget_ns; /* no new call after this much time; two are made */
    uint64_t seed;      /* all decisions come from (seed, actor, call) */
    bool declare;       /* declare operand ranges to the lane */
} rtk_trial;

/* Run `trial` in this process and emit a line for each finding and one of type
 * "trial" at the end. Signal handlers are left installed.
 * MT-Unsafe: the process must have no other thread. */
void rtk_trial_run(const rtk_trial *trial);

#endif
