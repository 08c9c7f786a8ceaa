/* By value: what is not in the arena is copied into it and back. Each result
 * comes with a receipt that names its item and this very job, and is checked
 * before it is taken over. */

#include "kernels/workers/executors.h"
#include "kernels/workers/processes/processes_internal.h"

#include <string.h>

/* The job as the workers see it; it lies in the arena. */
typedef struct parcel {
    rtk_apply_job job;
    uint64_t *receipts;
    uint64_t secret;
} parcel;

/* The caller's; what was taken of the arena, to be given back. */
typedef struct staging {
    rtk_processes *pool;
    parcel *parcel;
    void *items, *results, *context;
} staging;

/* The finaliser of SplitMix64: a bijection, so no two items agree. */
static uint64_t receipt(const parcel *p, size_t i) {
    uint64_t z = p->secret + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static rtk_status item(void *arg, size_t i) {
    const parcel *p = arg;
    const rtk_apply_job *j = &p->job;
    rtk_status s = j->fn(j->context, (const char *)j->items + i * j->item_size,
                         (char *)j->results + i * j->result_size);
    p->receipts[i] = receipt(p, i);
    return s;
}

/* The address of `bytes` in the arena: their own, or that of a copy. */
static rtk_status stage(staging *g, const void *from, size_t bytes, bool copied,
                        void **copy, const void **at) {
    *at = from;
    if (rtk_arena_holds(g->pool->arena, from, bytes)) return RTK_OK;
    rtk_status s = rtk_arena_take(g->pool->arena, bytes, 0, copy);
    if (s) return s;
    if (copied) memcpy(*copy, from, bytes);
    *at = *copy;
    return RTK_OK;
}

static rtk_status pack(staging *g, const rtk_apply_job *job) {
    static _Atomic uint64_t secrets;
    void *memory = NULL;
    const void *items = NULL, *results = NULL, *context = job->context;
    size_t receipts = job->n * sizeof *g->parcel->receipts;
    rtk_status s = rtk_arena_take(g->pool->arena, sizeof *g->parcel + receipts,
                                  0, &memory);
    if (s) return s;
    g->parcel = memory;
    s = stage(g, job->items, job->n * job->item_size, true, &g->items, &items);
    if (!s)
        s = stage(g, job->results, job->n * job->result_size, false,
                  &g->results, &results);
    if (!s && job->context && job->context_size)
        s = stage(g, job->context, job->context_size, true, &g->context,
                  &context);
    if (s) return s;
    *g->parcel = (parcel){
        .job = *job,
        .receipts = (uint64_t *)(g->parcel + 1),
        /* Relaxed: only a number that no other job has. */
        .secret = atomic_fetch_add_explicit(
            &secrets, UINT64_C(0x9FB21C651E98DF25), memory_order_relaxed)};
    g->parcel->job.items = items;
    g->parcel->job.results = (void *)(uintptr_t)results;
    g->parcel->job.context = (void *)(uintptr_t)context;
    memset(g->parcel->receipts, 0, receipts);
    return RTK_OK;
}

static void unpack(const staging *g, const rtk_apply_job *job, size_t i) {
    size_t at = i * job->result_size;
    if (g->results)
        memcpy((char *)job->results + at, (const char *)g->results + at,
               job->result_size);
}

/* Take over the results that are there, and find one that lies wrong. */
static rtk_map_fault collect(const staging *g, const rtk_apply_job *job,
                             const rtk_loop *loop, size_t *where) {
    size_t there = 0;
    rtk_map_fault fault = RTK_MAP_KEPT;
    for (size_t i = 0; i < job->n; i++) {
        bool kept = g->parcel->receipts[i] == receipt(g->parcel, i);
        there += kept;
        if (kept) unpack(g, job, i);
        if (kept || !g->parcel->receipts[i] || fault) continue;
        fault = RTK_MAP_REORDERED;
        *where = i;
    }
    if (fault || there >= loop->parts_run || loop->failed_part < job->n)
        return fault;
    *where = 0;
    while (g->parcel->receipts[*where]) ++*where;
    return RTK_MAP_DROPPED;
}

static void give_back(const staging *g) {
    rtk_arena *a = g->pool->arena;
    rtk_arena_give_back(a, g->context);
    rtk_arena_give_back(a, g->results);
    rtk_arena_give_back(a, g->items);
    rtk_arena_give_back(a, g->parcel);
}

static bool too_large(const rtk_apply_job *j) {
    size_t most = SIZE_MAX / 4;
    return j->n > most / sizeof(uint64_t) ||
           (j->item_size && j->n > most / j->item_size) ||
           (j->result_size && j->n > most / j->result_size) ||
           j->context_size > most;
}

static rtk_status carry(staging *g, const rtk_apply_job *job, unsigned workers,
                        rtk_loop *loop) {
    rtk_work work = {.size = sizeof work,
                     .parts = job->n,
                     .run = item,
                     .arg = g->parcel,
                     .cancel = job->cancel};
    /* A function pointer as an address: only its bits count. */
    const void *fn = (const void *)(uintptr_t)job->fn;
    rtk_status s = rtk_process_run_code(g->pool, &work, fn, workers, loop);
    if (s == RTK_EUNSUPPORTED) return s;
    loop->map_fault = collect(g, job, loop, &loop->map_part);
    return loop->map_fault ? RTK_EMAP : s;
}

rtk_status rtk_process_apply(void *self, const rtk_apply_job *job,
                             unsigned workers, rtk_loop *loop) {
    staging g = {.pool = self};
    loop->parts_run = 0;
    loop->first_unrun = 0;
    loop->failed_part = loop->map_part = job->n;
    if (too_large(job)) return RTK_ENOMEM;
    /* In a child the arena's lock may be held for ever. */
    if (atomic_load_explicit(&g.pool->foreign, memory_order_relaxed))
        return RTK_EUNSUPPORTED;
    rtk_status s = pack(&g, job);
    if (!s) s = carry(&g, job, workers, loop);
    give_back(&g);
    return s;
}
