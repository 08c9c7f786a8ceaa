#ifndef RTK_TRIAL_H
#define RTK_TRIAL_H

/* One trial: actors use a subject in one way, oracles look on. Runs in a
 * process of its own, which the trial may wreck. */

#include "harness/usage.h"

struct rtk_team;

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

/* Allocate and fill the arrays of `trial` and install the signal handlers, so
 * that only the trial itself remains to be done.
 *
 *   team  out, on success only; for rtk_trial_run()
 *
 * Returns RTK_OK, RTK_ENOMEM, RTK_EINVAL or what the subject returned.
 * MT-Unsafe: the process must have no other thread. */
RTK_CHECKED rtk_status rtk_trial_prepare(const rtk_trial *trial,
                                         struct rtk_team **team);

/* Run a prepared trial and emit a line for each finding and one of type
 * "trial" at the end; `prepared` is what rtk_trial_prepare() returned.
 * MT-Unsafe: the process must have no other thread. */
void rtk_trial_run(const rtk_trial *trial, struct rtk_team *team,
                   rtk_status prepared);

#endif
