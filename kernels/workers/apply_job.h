#ifndef RTK_APPLY_JOB_H
#define RTK_APPLY_JOB_H

/* What the ways of applying a job share. Internal to workers. */

#include "kernels/workers/apply.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns RTK_OK, or RTK_EINVAL for a job without function or sizes, or whose
 * arrays would not fit into memory. MT-Safe. */
RTK_CHECKED rtk_status rtk_apply_job_check(const rtk_apply_job *job);

/* The rtk_part of a job: apply it to item `i`, where `arg` is the
 * rtk_apply_job.
 * Returns what its function does. MT-Safe. */
rtk_status rtk_apply_item(void *arg, size_t i);

/* rtk_work_run() with the items as parts and the job's own cancellation.
 * Returns as rtk_work_run(). MT-Safe. */
RTK_CHECKED rtk_status rtk_apply_mapped(const rtk_executor *executor,
                                        int64_t workers,
                                        const rtk_apply_job *job,
                                        rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
