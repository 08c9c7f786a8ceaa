/* The collector's way runs as an executor of one's own making: its call() is
 * the checked part of rtk_parallel_for() plus a receipt, so that counting,
 * failures and latecomers are dealt with in one place. */

#include "kernels/workers/apply.h"

#include <stdlib.h>

static rtk_status item(void *arg, size_t i) {
    const rtk_apply_job *job = arg;
    return job->fn(job->context, (const char *)job->items + i * job->item_size,
                   (char *)job->results + i * job->result_size);
}

static rtk_status check(const rtk_apply_job *job) {
    return job->fn && job->item_size && job->result_size ? RTK_OK : RTK_EINVAL;
}

rtk_status rtk_apply(const rtk_executor *executor, int64_t workers,
                     const rtk_apply_job *job, rtk_loop *loop) {
    rtk_status s = check(job);
    rtk_apply_job copy = *job;
    return s ? s
             : rtk_parallel_for(executor, workers, job->n, item, &copy, loop);
}

/* ---- Collectors -----------------------------------------------------------
 */

/* Read-only while the map runs. */
typedef struct collection {
    const rtk_collector *collector;
    rtk_receipt *receipts;
    rtk_part run;
    void *arg;
    uint64_t secret; /* of this job */
} collection;

/* The finaliser of SplitMix64: a bijection, so two items never have the same
 * receipt. */
static rtk_receipt receipt_of(const collection *c, size_t i) {
    uint64_t z = c->secret + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static rtk_receipt call(void *arg, size_t i) {
    const collection *c = arg;
    /* The loop keeps the status. */
    (void)!c->run(c->arg, i);
    return receipt_of(c, i);
}

static rtk_status collect(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers) {
    collection *c = self;
    (void)workers;
    c->run = run;
    c->arg = arg;
    rtk_status s =
        c->collector->map(c->collector->self, call, c, parts, c->receipts);
    for (size_t i = 0; i < parts; i++)
        if (c->receipts[i] != receipt_of(c, i)) return RTK_EMAP;
    return s;
}

rtk_status rtk_apply_collected(const rtk_collector *collector,
                               const rtk_apply_job *job, rtk_loop *loop) {
    rtk_status s = check(job);
    if (s) return s;
    collection c = {.collector = collector,
                    .receipts = calloc(job->n + 1, sizeof *c.receipts)};
    if (!c.receipts) return RTK_ENOMEM;
    c.secret = (uint64_t)(uintptr_t)c.receipts;
    rtk_executor executor = {.size = sizeof executor,
                             .name = "collector",
                             .self = &c,
                             .map = collect};
    rtk_apply_job copy = *job;
    s = rtk_parallel_for(&executor, 2, job->n, item, &copy, loop);
    if (loop && s != RTK_EINVAL) loop->effective = 0;
    free(c.receipts);
    return s;
}
