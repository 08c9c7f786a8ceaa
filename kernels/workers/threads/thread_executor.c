/* A pool decides whether a loop is worth sharing, and with whom; a crew shares
 * it. A second caller that comes meanwhile gets a second crew, as long as there
 * are usable CPUs that no loop of this pool keeps busy.
 *
 * What is worth sharing is measured: the cost of a part by earlier loops of its
 * kind, the cost of waking helpers by the waking itself. A figure that is older
 * than a second is not believed, so that a load which has gone is forgotten. */

#include "kernels/workers/executors.h"
#include "kernels/workers/fork_watch.h"
#include "kernels/workers/threads/crew.h"
#include "kernels/workers/threads/part_cost.h"
#include "kernels/workers/threads/ticks.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CREWS = 8, SAMPLED = 8 };
/* How long helpers look for the next loop; crossovers without a measurement. */
enum {
    SLEEP_LOOK_NS = 50000,
    SPIN_LOOK_NS = 200000000,
    DEFAULT_ASLEEP_NS = 50000,
    DEFAULT_AWAKE_NS = 500
};

struct rtk_pool {
    /* Read-only after rtk_pool_new_with(). */
    rtk_executor executor;
    rtk_fork_watcher fork;
    rtk_pool_options options; /* but for threads: see `most` */
    _Atomic unsigned most;
    _Atomic unsigned cpus; /* usable, when helpers were last started; advice */
    /* Set once each, released under the lock; acquired by whoever looks. */
    _Atomic(rtk_crew *) crews[CREWS];
    pthread_mutex_t lock; /* guards adding crews, and changes of `most` */
};

/* ---- Crews ----------------------------------------------------------------
 */

static rtk_crew *crew_at(rtk_pool *p, unsigned index) {
    /* Pairs with add(). */
    return atomic_load_explicit(&p->crews[index], memory_order_acquire);
}

static unsigned most_of(rtk_pool *p) {
    return atomic_load_explicit(&p->most, memory_order_relaxed);
}

static rtk_crew *add(rtk_pool *p, unsigned index) {
    int saved = errno;
    pthread_mutex_lock(&p->lock);
    rtk_crew *t = crew_at(p, index);
    if (!t) t = rtk_crew_new();
    if (t) rtk_crew_limit(t, most_of(p) - 1);
    /* Release the crew; pairs with crew_at(). */
    atomic_store_explicit(&p->crews[index], t, memory_order_release);
    pthread_mutex_unlock(&p->lock);
    errno = saved;
    return t;
}

/* Helpers that a further loop may have: all that it wants if it is the only
 * one, else what other loops leave of the usable CPUs. */
static unsigned spare(rtk_pool *p, const rtk_crew *mine, unsigned wanted) {
    unsigned busy = 0;
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(p, i);
        if (!t) break;
        if (t != mine) busy += rtk_crew_busy(t);
    }
    unsigned cpus = atomic_load_explicit(&p->cpus, memory_order_relaxed);
    if (!busy || cpus > busy + wanted) return wanted;
    return cpus > busy + 1 ? cpus - busy - 1 : 0;
}

/* A crew that this caller now owns, and the helpers it may have; or NULL. */
static rtk_crew *take_crew(rtk_pool *p, unsigned *wanted) {
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(p, i);
        unsigned helpers = spare(p, t, *wanted);
        if (!helpers) return NULL;
        if (!t) t = add(p, i);
        if (!t) return NULL;
        if (!rtk_crew_take(t)) continue;
        *wanted = helpers;
        return t;
    }
    return NULL;
}

/* ---- Loops ----------------------------------------------------------------
 */

/* Ticks that the loop takes alone, or 0 when that is not known. */
static uint64_t total_of(const rtk_shares *s) {
    uint64_t total;
    if (s->part_ns) {
        uint64_t ticks = rtk_ticks_of_ns(s->part_ns);
        if (__builtin_mul_overflow(ticks, s->parts, &total)) return UINT64_MAX;
        return total ? total : 1;
    }
    if (!s->key || !rtk_part_cost(s->key, s->parts, &total)) return 0;
    return total ? total : 1;
}

static void learn(const rtk_shares *s, uint64_t start, size_t parts) {
    /* Parts that were left out took no time. */
    if (s->cancel && rtk_cancel_requested(s->cancel)) return;
    if (parts && s->key && !s->part_ns)
        rtk_part_cost_learn(s->key, parts, rtk_ticks() - start);
}

static rtk_status alone(const rtk_shares *s, uint64_t start) {
    s->range(s->arg, 0, s->parts);
    if (start) learn(s, start, s->parts);
    return RTK_OK;
}

static rtk_status run_with(rtk_pool *p, rtk_crew *t, const rtk_shares *s,
                           unsigned helpers, uint64_t start, uint64_t total) {
    unsigned cpus = atomic_load_explicit(&p->cpus, memory_order_relaxed);
    bool spins = p->options.idle == RTK_IDLE_SPIN;
    unsigned brisk = helpers < cpus ? helpers : cpus - 1;
    rtk_crew_job job = {
        .range = s->range,
        .arg = s->arg,
        .parts = s->parts,
        .schedule = s->schedule,
        .seats = helpers,
        .brisk = brisk,
        .start = start,
        .look = rtk_ticks_of_ns(spins ? SPIN_LOOK_NS : SLEEP_LOOK_NS),
        .make_way = brisk && !p->options.stay_on_any_cpu,
        .cancel = s->cancel,
        .total = total,
        .urgent = p->options.always_share,
        .spins = spins};
    size_t mine = 0;
    rtk_status status = rtk_crew_run(t, &job, &mine);
    if (status) return status;
    learn(s, start, mine);
    rtk_crew_give_back(t);
    return RTK_OK;
}

/* Work that is worth sharing with a helper that looks for it; or, where none
 * has a CPU to look on, with one that must be woken. */
static uint64_t crossover(rtk_pool *p) {
    bool alone = atomic_load_explicit(&p->cpus, memory_order_relaxed) < 2;
    rtk_crew *t = crew_at(p, 0);
    if (!t)
        return rtk_ticks_of_ns(alone ? DEFAULT_ASLEEP_NS : DEFAULT_AWAKE_NS);
    rtk_crew_costs costs = rtk_crew_measured(t);
    return alone ? costs.asleep : costs.awake;
}

/* Too small to share; `tiny`: so much so that most of it is not timed. */
static bool too_small(rtk_pool *p, uint64_t total, bool *tiny) {
    if (p->options.always_share || !total) return false;
    uint64_t least = crossover(p);
    *tiny = total < least / 8;
    return total < least;
}

static rtk_status cut_off(const rtk_shares *s, bool tiny) {
    static _Thread_local unsigned calls;
    bool timed = !tiny || ++calls % SAMPLED == 0;
    return alone(s, timed ? rtk_ticks() : 0);
}

rtk_status rtk_pool_share(rtk_pool *p, const rtk_shares *s,
                          rtk_shared *shared) {
    unsigned most = most_of(p), workers = s->workers;
    if (workers > most) workers = most;
    if (workers > s->parts) workers = (unsigned)s->parts;
    *shared = (rtk_shared){.effective = 1};
    if (workers < 2) return alone(s, 0);

    uint64_t total = total_of(s);
    bool tiny = false;
    if (too_small(p, total, &tiny)) {
        *shared = (rtk_shared){.effective = workers, .cut_off = true};
        return cut_off(s, tiny);
    }
    uint64_t start = rtk_ticks();
    unsigned helpers = workers - 1;
    rtk_crew *t = take_crew(p, &helpers);
    if (!t) return alone(s, start);
    unsigned have = rtk_crew_helpers(t);
    if (have < helpers) {
        atomic_store_explicit(&p->cpus, rtk_cpus_usable(),
                              memory_order_relaxed);
        have = rtk_crew_grow(t, helpers);
    }
    if (helpers > have) helpers = have;
    if (!helpers) {
        rtk_crew_give_back(t);
        return alone(s, start);
    }
    shared->effective = helpers + 1;
    return run_with(p, t, s, helpers, start, total);
}

/* ---- For those who call map() themselves ----------------------------------
 */

typedef struct single {
    rtk_part run;
    void *arg;
} single;

static void run_single(void *arg, size_t from, size_t to) {
    const single *s = arg;
    /* Statuses are the caller's to keep. */
    for (size_t i = from; i < to; i++) (void)!s->run(s->arg, i);
}

rtk_status rtk_pool_map(void *self, rtk_part run, void *arg, size_t parts,
                        unsigned workers) {
    single one = {run, arg};
    rtk_shares shares = {
        .range = run_single, .arg = &one, .parts = parts, .workers = workers};
    rtk_shared shared;
    return parts ? rtk_pool_share(self, &shares, &shared) : RTK_OK;
}

/* ---- Life of a pool -------------------------------------------------------
 */

/* Before a fork: nobody is adding a crew. */
static void hold(void *self) {
    rtk_pool *p = self;
    pthread_mutex_lock(&p->lock);
}

static void let_go(void *self) {
    rtk_pool *p = self;
    pthread_mutex_unlock(&p->lock);
}

static void reset(void *self) {
    rtk_pool *p = self;
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(p, i);
        if (t) rtk_crew_forget(t);
    }
    pthread_mutex_unlock(&p->lock);
}

static rtk_status set_up(rtk_pool *p, const rtk_pool_options *options) {
    p->options = *options;
    p->fork = (rtk_fork_watcher){
        .before = hold, .parent = let_go, .child = reset, .self = p};
    p->executor = (rtk_executor){.size = sizeof p->executor,
                                 .name = "threads",
                                 .self = p,
                                 .map = rtk_pool_map};
    atomic_store_explicit(&p->most, options->threads, memory_order_relaxed);
    atomic_store_explicit(&p->cpus, rtk_cpus_usable(), memory_order_relaxed);
    pthread_mutex_init(&p->lock, NULL);
    rtk_status s = rtk_fork_watch(&p->fork);
    if (s) pthread_mutex_destroy(&p->lock);
    return s;
}

rtk_status rtk_pool_new_with(rtk_pool **pool, const rtk_pool_options *options) {
    unsigned threads = options->threads;
    if (threads < 1 || threads > RTK_WORKERS_MAX ||
        (unsigned)options->idle > RTK_IDLE_SPIN)
        return RTK_EINVAL;
    rtk_pool *p = calloc(1, sizeof *p);
    if (!p) return RTK_ENOMEM;
    rtk_status s = set_up(p, options);
    if (s)
        free(p);
    else
        *pool = p;
    return s;
}

static bool says(const char *variable, const char *word) {
    const char *text = getenv(variable);
    return text && !strcmp(text, word);
}

rtk_status rtk_pool_new(rtk_pool **pool, unsigned threads) {
    rtk_pool_options options = {.size = sizeof options,
                                .threads = threads,
                                .always_share =
                                    says("RACETRACK_SHARE", "always")};
    return rtk_pool_new_with(pool, &options);
}

rtk_status rtk_pool_resize(rtk_pool *pool, unsigned threads) {
    if (threads < 1 || threads > RTK_WORKERS_MAX) return RTK_EINVAL;
    pthread_mutex_lock(&pool->lock);
    atomic_store_explicit(&pool->most, threads, memory_order_relaxed);
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(pool, i);
        if (t) rtk_crew_limit(t, threads - 1);
    }
    pthread_mutex_unlock(&pool->lock);
    return RTK_OK;
}

static void stop(rtk_pool *p) {
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(p, i);
        if (!t) continue;
        rtk_crew_await(t);
        rtk_crew_shrink(t, 0);
        rtk_crew_give_back(t);
    }
}

static bool is_inside(rtk_pool *p) {
    for (unsigned i = 0; i < CREWS; i++) {
        const rtk_crew *t = crew_at(p, i);
        if (t && rtk_crew_inside(t)) return true;
    }
    return false;
}

rtk_status rtk_pool_shutdown(rtk_pool *pool) {
    if (is_inside(pool)) return RTK_EINVAL;
    stop(pool);
    return RTK_OK;
}

/* The process-wide pool, and what has become of it: NOT_MADE, MADE, or the
 * process that is making it. */
enum { NOT_MADE = 0, MADE = -1 };
static rtk_pool everyones;
static _Atomic pid_t made;

void rtk_pool_free(rtk_pool *pool) {
    if (!pool || pool == &everyones || is_inside(pool)) return;
    stop(pool);
    rtk_fork_unwatch(&pool->fork);
    for (unsigned i = 0; i < CREWS; i++) rtk_crew_free(crew_at(pool, i));
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

const rtk_executor *rtk_pool_executor(rtk_pool *pool) {
    return &pool->executor;
}

unsigned rtk_pool_helpers(rtk_pool *pool) {
    unsigned count = 0;
    for (unsigned i = 0; i < CREWS; i++) {
        rtk_crew *t = crew_at(pool, i);
        if (t) count += rtk_crew_helpers(t);
    }
    return count;
}

void rtk_pool_crossover(rtk_pool *pool, rtk_crossover *crossover) {
    rtk_crew *t = crew_at(pool, 0);
    *crossover = (rtk_crossover){.size = sizeof *crossover,
                                 .asleep_ns = DEFAULT_ASLEEP_NS,
                                 .awake_ns = DEFAULT_AWAKE_NS};
    if (!t) return;
    rtk_crew_costs costs = rtk_crew_measured(t);
    crossover->asleep_ns = (double)rtk_ns_of_ticks(costs.asleep);
    crossover->awake_ns = (double)rtk_ns_of_ticks(costs.awake);
    crossover->wakes = costs.wakes;
}

/* ---- The process-wide pool ------------------------------------------------
 */

static bool make_everyones(void) {
    rtk_pool_options options = {
        .size = sizeof options,
        .threads = RTK_WORKERS_MAX,
        .idle = says("RACETRACK_IDLE", "spin") ? RTK_IDLE_SPIN : RTK_IDLE_SLEEP,
        .always_share = says("RACETRACK_SHARE", "always")};
    /* A child that was forked while it was being made starts over. */
    rtk_fork_unwatch(&everyones.fork);
    return !set_up(&everyones, &options);
}

/* A try that fails is repeated by the next caller. Whoever comes while another
 * thread makes it yields until that one says what came of it; but in a forked
 * child there is no such thread. */
static bool have_everyones(void) {
    pid_t self = getpid(), state;
    /* Acquire what the maker released below. */
    while ((state = atomic_load_explicit(&made, memory_order_acquire)) !=
           MADE) {
        if (state == self) {
            sched_yield();
            continue;
        }
        if (!atomic_compare_exchange_strong_explicit(&made, &state, self,
                                                     memory_order_acquire,
                                                     memory_order_relaxed))
            continue;
        int saved = errno, cancel_state;
        /* Nobody else would say what came of it. */
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
        bool done = make_everyones();
        pthread_setcancelstate(cancel_state, NULL);
        errno = saved;
        atomic_store_explicit(&made, done ? MADE : NOT_MADE,
                              memory_order_release);
        return done;
    }
    return true;
}

rtk_pool *rtk_pool_shared(void) {
    /* Acquire: pairs with the release in have_everyones(). */
    bool done = atomic_load_explicit(&made, memory_order_acquire) == MADE;
    return done || have_everyones() ? &everyones : NULL;
}

const rtk_executor *rtk_executor_threads(void) {
    rtk_pool *pool = rtk_pool_shared();
    return pool ? &pool->executor : rtk_executor_serial();
}
