/* The collector's way runs as an executor of one's own making: its call() is
 * the checked part of a loop plus a receipt, so that counting, failures,
 * cancellation and latecomers are dealt with in one place. What is left to do
 * here is to read the list of receipts that comes back. */

#include "kernels/workers/apply_job.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Of SplitMix64: the step, and what undoes it, modulo 2^64. */
#define STEP   UINT64_C(0x9E3779B97F4A7C15)
#define UNSTEP UINT64_C(0xF1DE83E19937733D)

/* Read-only while the map runs. */
typedef struct collection {
    const rtk_collector *collector;
    size_t n;
    uint64_t secret; /* of this job */
    rtk_receipt *receipts;
    unsigned char *seen; /* receipts of each item: 0, 1, or 2 for more */
    rtk_part run;
    void *arg;
    rtk_map_fault fault; /* of the receipts, the first in input order */
    size_t place;
} collection;

/* ---- Receipts -------------------------------------------------------------
 */

/* The finaliser of SplitMix64: a bijection, so two items never have the same
 * receipt, and a receipt can be read. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t unmix(uint64_t z) {
    z = (z ^ (z >> 31) ^ (z >> 62)) * UINT64_C(0x319642B2D24D8EC3);
    z = (z ^ (z >> 27) ^ (z >> 54)) * UINT64_C(0x96DE1B173F119089);
    return z ^ (z >> 30) ^ (z >> 60);
}

/* Jobs are far apart, so that none reads the receipts of another. */
static uint64_t new_secret(void) {
    static _Atomic uint64_t jobs;
    /* Relaxed: only that each number is given once matters. */
    return mix(atomic_fetch_add_explicit(&jobs, 1, memory_order_relaxed) ^
               (uint64_t)(uintptr_t)&jobs);
}

static rtk_receipt receipt_of(const collection *c, size_t i) {
    return mix(c->secret + (i + 1) * STEP);
}

/* The item that `receipt` is of; n or more if it is of none. */
static uint64_t item_of(const collection *c, rtk_receipt receipt) {
    return (unmix(receipt) - c->secret) * UNSTEP - 1;
}

/* ---- What happened to an item, and to its place ---------------------------
 */

static rtk_map_fault fault_at(const collection *c, size_t i) {
    uint64_t here = item_of(c, c->receipts[i]);
    if (c->seen[i] > 1) return RTK_MAP_REPEATED;
    if (here == i) return RTK_MAP_KEPT;
    if (c->seen[i]) return RTK_MAP_REORDERED;
    /* A place that nobody wrote to is that of an item that was dropped. */
    return here >= c->n && c->receipts[i] ? RTK_MAP_INVENTED : RTK_MAP_DROPPED;
}

static void judge(collection *c) {
    for (size_t i = 0; i < c->n; i++) {
        uint64_t item = item_of(c, c->receipts[i]);
        if (item < c->n && c->seen[item] < 2) c->seen[item]++;
    }
    for (size_t i = 0; i < c->n && !c->fault; i++) {
        c->fault = fault_at(c, i);
        c->place = i;
    }
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
    (void)parts;
    (void)workers;
    c->run = run;
    c->arg = arg;
    rtk_status s =
        c->collector->map(c->collector->self, call, c, c->n, c->receipts);
    judge(c);
    return c->fault ? RTK_EMAP : s;
}

/* The loop has named what the calls tell, here is what the list tells. */
static void name(const collection *c, rtk_loop *loop) {
    loop->effective = 0;
    if (!c->fault || (loop->map_fault && loop->map_part <= c->place)) return;
    loop->map_fault = c->fault;
    loop->map_part = c->place;
}

static rtk_status run(const rtk_apply_job *job, collection *c, rtk_loop *out) {
    rtk_executor executor = {.size = sizeof executor,
                             .name = c->collector->name,
                             .self = c,
                             .map = collect};
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s = rtk_apply_mapped(&executor, 2, job, &loop);
    /* A list that is wrong comes before the failure of an item. */
    if (c->fault) s = RTK_EMAP;
    name(c, &loop);
    if (out && s != RTK_EINVAL && s != RTK_ENOMEM) *out = loop;
    return s;
}

rtk_status rtk_apply_collected(const rtk_collector *collector,
                               const rtk_apply_job *job, rtk_loop *loop) {
    rtk_status s = rtk_apply_job_check(job);
    if (s) return s;
    if (!collector->map) return RTK_EINVAL;
    size_t each = sizeof(rtk_receipt) + 1;
    if (job->n > SIZE_MAX / each - 1) return RTK_ENOMEM;
    collection c = {.collector = collector,
                    .n = job->n,
                    .secret = new_secret(),
                    .receipts = calloc(job->n + 1, each)};
    if (!c.receipts) return RTK_ENOMEM;
    c.seen = (unsigned char *)(c.receipts + job->n + 1);
    s = run(job, &c, loop);
    free(c.receipts);
    return s;
}
