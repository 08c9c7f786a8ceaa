/* The loop around every executor: it resolves the workers, keeps the first
 * failure in input order, leaves parts out when it is asked to stop, and says
 * what came of it.
 *
 * Our own executors run each part once and return after the last; for them a
 * part costs one call and nothing is counted. Maps of others are watched.
 *
 * No part acquires what another part released, unless both fail or are left
 * out: that would be an edge which hides from ThreadSanitizer a race between
 * parts. */

#include "kernels/workers/executors.h"
#include "kernels/workers/fork_watch.h"
#include "kernels/workers/map_gate.h"
#include "kernels/workers/processes/processes_internal.h"

#include <pthread.h>

/* The loop as its parts see it. Read-only while they run, but for what the
 * lock guards. */
typedef struct loop {
    const rtk_work *work;
    unsigned forks;       /* before the loop */
    pthread_mutex_t lock; /* guards the rest; taken for failures and for parts
                             that are left out, and never in a forked child,
                             where it may be held by nobody */
    size_t failed_part, first_unrun, unrun;
    rtk_status failure;
} loop;

static _Thread_local bool in_part;

void rtk_loop_enter_worker(void) {
    in_part = true;
}

bool rtk_loop_in_part(void) {
    return in_part;
}

static void note_failure(loop *l, size_t part, rtk_status status) {
    pthread_mutex_lock(&l->lock);
    if (part < l->failed_part) {
        l->failed_part = part;
        l->failure = status;
    }
    pthread_mutex_unlock(&l->lock);
}

static void leave_out(loop *l, size_t from, size_t to) {
    pthread_mutex_lock(&l->lock);
    if (from < l->first_unrun) l->first_unrun = from;
    l->unrun += to - from;
    pthread_mutex_unlock(&l->lock);
}

static bool stopped(const loop *l) {
    return l->work->cancel && rtk_cancel_requested(l->work->cancel);
}

/* Whether a part has forked, and this is the child: the rest of the loop is run
 * in the parent. */
static bool is_child(const loop *l) {
    return rtk_fork_count() != l->forks;
}

static void run_range(void *arg, size_t from, size_t to) {
    loop *l = arg;
    if (is_child(l)) return;
    rtk_part run = l->work->run;
    void *given = l->work->arg;
    bool outer = in_part;
    in_part = true;
    for (size_t i = from; i < to; i++) {
        if (stopped(l)) {
            leave_out(l, i, to);
            break;
        }
        rtk_status s = run(given, i);
        if (is_child(l)) break;
        if (s) note_failure(l, i, s);
    }
    in_part = outer;
}

static rtk_status run_part(void *arg, size_t part) {
    run_range(arg, part, part + 1);
    return RTK_OK;
}

static rtk_status share(rtk_pool *pool, loop *l, unsigned workers,
                        const void *key, rtk_loop *out) {
    rtk_shares shares = {.range = run_range,
                         .arg = l,
                         .parts = l->work->parts,
                         .workers = workers,
                         .schedule = l->work->schedule,
                         .part_ns = l->work->part_ns,
                         .key = key,
                         .cancel = l->work->cancel};
    rtk_shared shared = {0};
    rtk_status s = rtk_pool_share(pool, &shares, &shared);
    out->effective = shared.effective;
    out->cut_off = shared.cut_off;
    return s;
}

/* Without a lock, as nobody else is there; the way of all that is not shared,
 * so it is kept short. */
static rtk_status run_alone(const rtk_work *w, rtk_loop *out) {
    size_t i = 0, failed = w->parts;
    rtk_status first = RTK_OK;
    bool outer = in_part;
    in_part = true;
    for (; i < w->parts; i++) {
        if (w->cancel && rtk_cancel_requested(w->cancel)) break;
        rtk_status s = w->run(w->arg, i);
        if (!s || first) continue;
        first = s;
        failed = i;
    }
    in_part = outer;
    if (out)
        *out = (rtk_loop){.size = sizeof *out,
                          .effective = 1,
                          .parts_run = i,
                          .failed_part = failed,
                          .first_unrun = i,
                          .map_part = w->parts};
    return first ? first : i < w->parts ? RTK_ECANCELLED : RTK_OK;
}

/* Fills what the executor knows best; the rest comes from `l`. */
static rtk_status run_on(const rtk_executor *executor, loop *l,
                         unsigned workers, const void *key, rtk_loop *out,
                         bool *no_memory) {
    const rtk_work *w = l->work;
    if (executor->map == rtk_pool_map)
        return share(executor->self, l, workers, key, out);
    rtk_map_gate *gate = rtk_map_gate_new(run_part, l, w->parts);
    if (!gate) {
        *no_memory = true;
        return RTK_ENOMEM;
    }
    return rtk_map_watched(executor, gate, workers, out);
}

static unsigned most(const rtk_executor *executor) {
    size_t known = offsetof(rtk_executor, most) + sizeof executor->most;
    return executor->size >= known && executor->most ? executor->most
                                                     : RTK_WORKERS_MAX;
}

static bool can_run(const rtk_executor *executor) {
    size_t known = offsetof(rtk_executor, apply) + sizeof executor->apply;
    return executor->map || (executor->size >= known && executor->apply);
}

static rtk_status verdict(const loop *l, rtk_status mapped,
                          const rtk_loop *out) {
    if (out->map_fault) return RTK_EMAP;
    /* A map may hand on whichever failure it saw first: ours is in order. */
    if (l->failure) return l->failure;
    return l->unrun ? RTK_ECANCELLED : mapped;
}

static rtk_status run_loop(const rtk_work *work, const rtk_executor *executor,
                           unsigned workers, const void *key, rtk_loop *out) {
    bool no_memory = false;
    loop l = {.work = work,
              .failed_part = work->parts,
              .first_unrun = work->parts,
              .forks = rtk_fork_count(),
              .lock = PTHREAD_MUTEX_INITIALIZER};
    out->parts_run = work->parts;
    rtk_status s = run_on(executor, &l, workers, key, out, &no_memory);
    if (no_memory) return s;
    if (is_child(&l)) {
        out->parts_run = out->first_unrun = 0;
        return RTK_ECANCELLED;
    }
    out->parts_run -= l.unrun;
    out->failed_part = l.failed_part;
    out->first_unrun = l.first_unrun;
    return verdict(&l, s, out);
}

rtk_status rtk_work_run_as(const rtk_work *work, const void *key,
                           rtk_loop *out) {
    unsigned workers = 1;
    const rtk_executor *executor = work->executor;
    if (!work->run || (unsigned)work->schedule > RTK_DYNAMIC) return RTK_EINVAL;
    if (executor && !can_run(executor)) return RTK_EINVAL;
    rtk_status s = rtk_workers_resolve(work->workers, work->parts, &workers);
    if (s) return s;
    if (!executor)
        executor =
            workers == 1 ? rtk_executor_serial() : rtk_executor_threads();
    if (workers > most(executor)) workers = most(executor);
    bool here = executor->map && executor->map != rtk_process_map;
    if (in_part || (workers == 1 && here)) return run_alone(work, out);
    rtk_loop did = {.size = sizeof did,
                    .effective = workers,
                    .failed_part = work->parts,
                    .first_unrun = work->parts,
                    .map_part = work->parts};
    if (!executor->map)
        s = RTK_EUNSUPPORTED;
    else if (!here)
        s = rtk_process_run(executor->self, work, workers, &did);
    else
        s = run_loop(work, executor, workers, key, &did);
    if (out) *out = did;
    return s;
}

rtk_status rtk_work_run(const rtk_work *work, rtk_loop *out) {
    /* A function pointer as a key: only its bits count. */
    return rtk_work_run_as(work, (const void *)(uintptr_t)work->run, out);
}

rtk_status rtk_parallel_for(const rtk_executor *executor, int64_t workers,
                            size_t parts, rtk_part run, void *arg,
                            rtk_loop *out) {
    rtk_work work = {.size = sizeof work,
                     .executor = executor,
                     .workers = workers,
                     .parts = parts,
                     .run = run,
                     .arg = arg};
    return rtk_work_run(&work, out);
}
