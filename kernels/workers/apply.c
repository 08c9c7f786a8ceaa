/* Items go to an executor as the parts of a loop, or, where it does not share
 * the caller's memory, as the job that they are. What such an executor reports
 * is not believed before its numbers add up. */

#include "kernels/workers/apply_job.h"
#include "kernels/workers/executors.h"
#include "kernels/workers/processes/processes_internal.h"

rtk_status rtk_apply_item(void *arg, size_t i) {
    const rtk_apply_job *job = arg;
    return job->fn(job->context, (const char *)job->items + i * job->item_size,
                   (char *)job->results + i * job->result_size);
}

rtk_status rtk_apply_job_check(const rtk_apply_job *job) {
    if (!job->fn || !job->item_size || !job->result_size) return RTK_EINVAL;
    if (job->n > SIZE_MAX / job->item_size) return RTK_EINVAL;
    return job->n > SIZE_MAX / job->result_size ? RTK_EINVAL : RTK_OK;
}

rtk_status rtk_apply_mapped(const rtk_executor *executor, int64_t workers,
                            const rtk_apply_job *job, rtk_loop *loop) {
    rtk_apply_job copy = *job;
    rtk_work work = {.size = sizeof work,
                     .executor = executor,
                     .workers = workers,
                     .parts = job->n,
                     .run = rtk_apply_item,
                     .arg = &copy,
                     .cancel = job->cancel};
    /* What an item costs is the function's, not this loop's, to be learned. */
    return rtk_work_run_as(&work, (const void *)(uintptr_t)job->fn, loop);
}

/* ---- By value -------------------------------------------------------------
 */

/* Whether `executor` was built with a header that has `field`. */
#define HAS(executor, field)                                                   \
    ((executor)->size >=                                                       \
     offsetof(rtk_executor, field) + sizeof((executor)->field))

static bool by_value(const rtk_executor *executor) {
    return executor && HAS(executor, apply) && executor->apply;
}

static rtk_status wrong(rtk_loop *loop, rtk_map_fault fault, size_t part) {
    loop->map_fault = fault;
    loop->map_part = part;
    return RTK_EMAP;
}

/* `missing` items were left out, which was asked for or has a reason. */
static rtk_status excuse(const rtk_apply_job *job, rtk_status s,
                         rtk_loop *loop) {
    bool asked = job->cancel && rtk_cancel_requested(job->cancel);
    bool item_failed = loop->failed_part < job->n;
    bool reason = item_failed ? asked : s != RTK_OK;
    /* Which is the first, and all before it complete, has to be said. */
    bool said = loop->first_unrun <= loop->parts_run;
    if (reason && said) return s;
    return wrong(loop, RTK_MAP_DROPPED,
                 loop->first_unrun < job->n ? loop->first_unrun : job->n);
}

/* An item is run, and fails or does not, or is left out: nothing else. */
static rtk_status audit(const rtk_apply_job *job, rtk_status s,
                        rtk_loop *loop) {
    size_t n = job->n;
    if (loop->failed_part > n) loop->failed_part = n;
    if (loop->first_unrun > n) loop->first_unrun = n;
    if (loop->map_part > n) loop->map_part = n;
    if (s == RTK_EMAP || loop->map_fault) return RTK_EMAP;
    if (loop->parts_run > n) return wrong(loop, RTK_MAP_REPEATED, n);
    if (loop->parts_run < n) return excuse(job, s, loop);
    if (loop->first_unrun < n)
        return wrong(loop, RTK_MAP_DROPPED, loop->first_unrun);
    if (s == RTK_OK && loop->failed_part < n)
        return wrong(loop, RTK_MAP_DROPPED, loop->failed_part);
    return s;
}

static rtk_status apply_by_value(const rtk_executor *executor, unsigned workers,
                                 const rtk_apply_job *job, rtk_loop *out) {
    rtk_loop loop = {.size = sizeof loop,
                     .effective = workers,
                     .parts_run = job->n,
                     .failed_part = job->n,
                     .first_unrun = job->n,
                     .map_part = job->n};
    rtk_status s = executor->apply(executor->self, job, workers, &loop);
    loop.size = sizeof loop;
    if (!loop.effective || loop.effective > workers) loop.effective = workers;
    s = audit(job, s, &loop);
    if (out) *out = loop;
    return s;
}

rtk_status rtk_apply(const rtk_executor *executor, int64_t workers,
                     const rtk_apply_job *job, rtk_loop *loop) {
    unsigned count = 1;
    rtk_status s = rtk_apply_job_check(job);
    if (s) return s;
    if (!by_value(executor))
        return rtk_apply_mapped(executor, workers, job, loop);
    s = rtk_workers_resolve(workers, job->n, &count);
    if (s) return s;
    if (executor->most && count > executor->most) count = executor->most;
    /* One process is asked for because it is another. */
    bool elsewhere = executor->apply == rtk_process_apply;
    if ((count == 1 && !elsewhere) || rtk_loop_in_part())
        return rtk_apply_mapped(rtk_executor_serial(), 1, job, loop);
    return apply_by_value(executor, count, job, loop);
}
