/* The loop around every executor: it resolves the workers, keeps the first
 * failure in input order, and checks a map that is not ours.
 *
 * Our own executors call each part once and return after the last; for them a
 * part costs one call and nothing is counted. A foreign map is not believed:
 * each part has a mark, so that a repeated one is refused, and all pass a gate
 * which is shut when the map returns. Nobody runs on a dead frame: a part that
 * is inside when the gate is shut is waited for, and one that comes later finds
 * it shut. For the latecomers' sake the gate of a map that broke its promise is
 * kept for ever, on a list that makes it no leak.
 *
 * No part acquires what another part released: that would be an edge which
 * hides from ThreadSanitizer a race between parts. */

#include "kernels/workers/executors.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SHUT UINT64_C(0x8000000000000000)

/* The loop as its parts see it. Read-only while they run, but for what the
 * lock guards. */
typedef struct loop {
    rtk_part run;
    void *arg;
    size_t parts;
    pthread_mutex_t lock; /* guards the two below; taken on failure only */
    size_t failed_part;
    rtk_status failure;
} loop;

/* What a foreign map's parts pass through. `inside` counts the parts that run
 * now, and carries SHUT. */
typedef struct gate {
    loop *loop; /* valid until shut */
    size_t parts;
    struct gate *next; /* of the abandoned ones */
    _Atomic uint64_t inside;
    _Atomic unsigned char wrong; /* a part was repeated or invented */
    _Atomic unsigned char called[];
} gate;

static _Thread_local bool in_part;
static _Atomic(gate *) abandoned;

static void note_failure(loop *l, size_t part, rtk_status status) {
    pthread_mutex_lock(&l->lock);
    if (part < l->failed_part) {
        l->failed_part = part;
        l->failure = status;
    }
    pthread_mutex_unlock(&l->lock);
}

static rtk_status run_part(void *arg, size_t part) {
    loop *l = arg;
    bool outer = in_part;
    in_part = true;
    rtk_status s = l->run(l->arg, part);
    in_part = outer;
    if (s) note_failure(l, part, s);
    return s;
}

static bool enter(gate *g) {
    /* Relaxed: what the part reads was handed over by the map's own means. */
    uint64_t before =
        atomic_fetch_add_explicit(&g->inside, 1, memory_order_relaxed);
    return !(before & SHUT);
}

static void leave(gate *g) {
    /* Release what the part wrote; pairs with the acquire in shut(). */
    atomic_fetch_sub_explicit(&g->inside, 1, memory_order_release);
}

static bool first_call(gate *g, size_t part) {
    /* Relaxed: only who was first matters; shut() orders the rest. */
    bool fresh =
        part < g->parts &&
        !atomic_exchange_explicit(&g->called[part], 1, memory_order_relaxed);
    if (!fresh) atomic_store_explicit(&g->wrong, 1, memory_order_relaxed);
    return fresh;
}

static rtk_status foreign_part(void *arg, size_t part) {
    gate *g = arg;
    rtk_status s = RTK_EMAP;
    if (!enter(g))
        s = RTK_ECANCELLED;
    else if (first_call(g, part))
        s = run_part(g->loop, part);
    leave(g);
    return s;
}

/* Wait for the parts that are inside: each wakes us by leaving. Only a map
 * that broke its promise makes this wait, so it yields and does not sleep. */
static void shut(gate *g) {
    /* Acquire: pairs with the release in leave(). */
    uint64_t inside =
        atomic_fetch_or_explicit(&g->inside, SHUT, memory_order_acquire);
    while (inside & ~SHUT) {
        sched_yield();
        inside = atomic_load_explicit(&g->inside, memory_order_acquire);
    }
}

static size_t count_called(gate *g) {
    size_t count = 0;
    for (size_t i = 0; i < g->parts; i++)
        count += atomic_load_explicit(&g->called[i], memory_order_relaxed);
    return count;
}

static void abandon(gate *g) {
    g->next = atomic_load_explicit(&abandoned, memory_order_relaxed);
    /* Release the link just written. Nobody follows the links: the list only
     * keeps the memory reachable. */
    while (!atomic_compare_exchange_weak_explicit(
        &abandoned, &g->next, g, memory_order_release, memory_order_relaxed)) {
    }
}

static rtk_status map_foreign(const rtk_executor *executor, loop *l,
                              unsigned workers, size_t *parts_run) {
    gate *g = calloc(1, sizeof *g + l->parts);
    if (!g) return RTK_ENOMEM;
    g->loop = l;
    g->parts = l->parts;
    rtk_status s =
        executor->map(executor->self, foreign_part, g, l->parts, workers);
    shut(g);
    *parts_run = count_called(g);
    if (*parts_run < g->parts ||
        atomic_load_explicit(&g->wrong, memory_order_relaxed)) {
        abandon(g);
        return RTK_EMAP;
    }
    free(g);
    return s;
}

static bool is_ours(const rtk_executor *executor) {
    return executor->map == rtk_serial_map || executor->map == rtk_pool_map;
}

static rtk_status map_any(const rtk_executor *executor, loop *l,
                          unsigned workers, size_t *parts_run) {
    if (!is_ours(executor)) return map_foreign(executor, l, workers, parts_run);
    *parts_run = l->parts;
    return executor->map(executor->self, run_part, l, l->parts, workers);
}

static unsigned most(const rtk_executor *executor) {
    size_t known = offsetof(rtk_executor, most) + sizeof executor->most;
    return executor->size >= known && executor->most ? executor->most
                                                     : RTK_WORKERS_MAX;
}

rtk_status rtk_work_run(const rtk_work *work, rtk_loop *loop) {
    return rtk_parallel_for(work->executor, work->workers, work->parts,
                            work->run, work->arg, loop);
}

rtk_status rtk_parallel_for(const rtk_executor *executor, int64_t workers,
                            size_t parts, rtk_part run, void *arg,
                            rtk_loop *out) {
    unsigned count = 1;
    if (!run || (executor && !executor->map)) return RTK_EINVAL;
    rtk_status s = rtk_workers_resolve(workers, parts, &count);
    if (s) return s;
    if (!executor) executor = rtk_executor_threads();
    if (count > most(executor)) count = most(executor);
    if (in_part) count = 1;
    if (count == 1) executor = rtk_executor_serial();

    loop l = {.run = run,
              .arg = arg,
              .parts = parts,
              .failed_part = parts,
              .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t parts_run = 0;
    s = map_any(executor, &l, count, &parts_run);
    if (out)
        *out = (rtk_loop){.size = sizeof *out,
                          .effective = count,
                          .parts_run = parts_run,
                          .failed_part = l.failed_part};
    /* A map may hand on whichever failure it saw first: ours is in order. */
    return l.failure && s != RTK_EMAP ? l.failure : s;
}
