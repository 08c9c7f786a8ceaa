#ifndef RTK_TASK_H
#define RTK_TASK_H

/* What an actor does again and again: one operation, with arguments and arrays
 * of its own. */

#include "harness/arrays.h"
#include "harness/trial.h"

/* What came of a task's calls, beside the outputs. */
typedef struct rtk_results {
    uint64_t kept_result, deviant_result;
    uint64_t calls, kept_call, deviants, deviant_call; /* numbers of calls */
} rtk_results;

/* Belongs to its actor while the actors run, else to the main thread. */
typedef struct rtk_task {
    const rtk_job *job;
    rtk_args args;

    rtk_arrays arrays;   /* what the calls work on */
    rtk_arrays pristine; /* RTK_INOUT arrays as filled */
    rtk_arrays kept;     /* outputs of the first call */
    rtk_arrays deviant;  /* outputs of the first call that differed */
    rtk_results did;
    void *instance;
} rtk_task;

/* Allocate the arrays of `task` for its job and fill them.
 *
 *   lender  NULL, or arrays of an equal job whose inputs may be shared
 *   seed    of the inputs
 *   common  NULL, or where the arrays lie: those of one that was joined have
 *           been filled
 *
 * Returns RTK_OK, RTK_ENOMEM, RTK_EINVAL or what the subject returned.
 * MT-Unsafe race:task. */
RTK_CHECKED rtk_status rtk_task_prepare(rtk_task *task, const rtk_trial *trial,
                                        const rtk_arrays *lender, uint64_t seed,
                                        rtk_common *common);

/* Make the arrays ready for a call: outputs poisoned, arrays that are read and
 * written as they were filled. MT-Unsafe race:task. */
void rtk_task_restore(rtk_task *task);

/* Keep the outputs of the first call, and of the first that differs from it.
 *
 *   n  number of the call among those of the actor
 *
 * MT-Unsafe race:task. */
void rtk_task_compare(rtk_task *task, const rtk_trial *trial, uint64_t n,
                      const rtk_call *call);

/* Whether the outputs in the arrays differ from those that were kept.
 * MT-Unsafe race:task. */
bool rtk_task_differs(const rtk_task *task, const rtk_call *call);

/* Whether operation and arguments are the same. MT-Safe. */
bool rtk_job_equals(const rtk_trial *trial, const rtk_job *x, const rtk_job *y);

#endif
