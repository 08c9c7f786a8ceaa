#ifndef RTK_TRIAL_H
#define RTK_TRIAL_H

/* One trial: actors use a subject in one way, oracles look on. Runs in a
 * process of its own, which the trial may wreck. */

#include "harness/conditions.h"
#include "harness/plugin.h"
#include "harness/usage.h"

struct rtk_team;

/* So many threads are more than the tables of most libraries hold, and fewer
 * than ThreadSanitizer can tell apart. */
enum { RTK_ACTORS_MAX = 200, RTK_TASKS_MAX = 3 };

/* An operation with arguments. */
typedef struct rtk_job {
    const rtk_op *op;
    int64_t value[RTK_PARAMS_MAX];
} rtk_job;

/* What to try; read-only during the trial. */
typedef struct rtk_trial {
    const rtk_loaded *loaded; /* where the subject comes from; may be NULL */
    const rtk_subject *subject;
    const rtk_usage *usage;
    rtk_conditions conditions;
    size_t row, rows;    /* which combination of conditions, of how many */
    const rtk_job *jobs; /* of actor i: jobs[i * jobs_each ...] */
    unsigned jobs_each;  /* 1 .. RTK_TASKS_MAX */
    uint64_t promises;   /* made by all operations of the jobs */
    int64_t workers;     /* as in rtk_call */
    unsigned actors;     /* 1 .. RTK_ACTORS_MAX */
    unsigned calls;      /* of one actor, at most; at least 1 */
    uint64_t budget_ns;  /* no new call after this much time; two are made */
    uint64_t seed;       /* all decisions come from (seed, actor, call) */
    bool declare;        /* declare operand ranges to the lane */
    const char *perturb; /* algorithm of perturbation; NULL: none */
} rtk_trial;

/* Job `k` of actor `i`. MT-Safe. */
static inline const rtk_job *rtk_trial_job(const rtk_trial *trial, unsigned i,
                                           unsigned k) {
    return &trial->jobs[(size_t)i * trial->jobs_each + k];
}

/* The arguments of `job`, which they refer to. MT-Safe. */
static inline rtk_args rtk_job_args(const rtk_trial *trial,
                                    const rtk_job *job) {
    return (rtk_args){sizeof(rtk_args), job->value, trial->subject->n_params};
}

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
