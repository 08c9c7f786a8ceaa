/* A pool of threads that share loops, one loop at a time.
 *
 * Who shares what. A caller that wins `busy` owns the pool: it grows it, writes
 * the job and publishes it by storing `ticket`, the loop's epoch and the chunks
 * left in one word. Caller and helpers claim chunks by counting the ticket
 * down; a claim fails once nothing is left or the epoch has moved on, so a
 * helper that wakes too late takes nothing from a later loop. The caller waits
 * until `done` counts all chunks; it never waits for a helper that has not
 * claimed one. A caller that finds the pool busy runs its loop alone: nothing
 * here waits for another loop.
 *
 * Why a helper may read the job while a later one is written. The fields are
 * atomic, so a mixture can be read; but a claim on epoch e succeeds only before
 * e's chunks are all done, and the next job is written after that: whoever
 * read anything of the next job has lost the claim. For this the ticket itself
 * must say what is left: a count compared with the job's would be compared with
 * the next job's, and a claim could succeed after the end.
 *
 * Claims are relaxed: helpers acquire the caller's writes, the caller acquires
 * the helpers', but no part acquires what another part of its loop released.
 * Such an edge would hide a race between parts from ThreadSanitizer. Loops that
 * follow each other on one pool are ordered, whoever calls them.
 *
 * Sleeping is Dekker's: one side stores its flag and then looks at the counter,
 * the other stores the counter and then looks at the flag, all seq_cst.
 *
 * A forked child has no helpers. The handler, alone in the child, empties the
 * pool and raises `generation`; a thread that was inside a part when it forked
 * sees that and leaves. */

#include "kernels/workers/cpu_placement.h"
#include "kernels/workers/executors.h"
#include "kernels/workers/fork_watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { LINE = 64, SPIN_NS = 50000, LOOKS = 32 };
#define CHUNKS_MAX ((size_t)UINT32_MAX / 2)

typedef struct helper {
    _Alignas(LINE) rtk_pool *pool; /* as index and generation: set at start */
    unsigned index, generation;
    uint32_t seen;       /* epoch last looked at; the helper's own */
    pthread_t id;        /* of the pool's owner */
    pthread_cond_t wake; /* with the pool's lock */
    _Atomic bool asleep;
} helper;

struct rtk_pool {
    /* Read-only after rtk_pool_new(). */
    rtk_executor executor;
    rtk_fork_watcher fork;
    helper *helpers;

    /* Belong to the owner of `busy`, and to the fork handler in a child. */
    unsigned n_helpers, cpus;
    unsigned generation; /* changes only in a child with one thread */

    _Alignas(LINE) _Atomic bool busy;

    /* The job; written by the owner before it stores the ticket. */
    _Atomic(rtk_part) run;
    _Atomic(void *) arg;
    _Atomic size_t parts, grain;
    _Atomic unsigned seats; /* helpers with a lower index may share */
    _Atomic bool spin;      /* there is a CPU for each */
    _Atomic int cpu;        /* the caller's, for helpers to leave */

    _Alignas(LINE) _Atomic uint64_t ticket; /* epoch << 32 | chunks left */
    _Alignas(LINE) _Atomic size_t done;     /* chunks that came back */
    _Atomic bool waiting;                   /* the caller sleeps on `idle` */
    _Atomic bool stop;                      /* helpers shall end */

    /* Guards no data, but the step from looking to sleeping, on both sides. */
    _Alignas(LINE) pthread_mutex_t lock;
    pthread_cond_t idle;
};

/* ---- Small steps ----------------------------------------------------------
 */

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint32_t epoch_of(uint64_t ticket) {
    return (uint32_t)(ticket >> 32);
}

/* Spin until ready(pool, word), for SPIN_NS at most. */
static bool spin(rtk_pool *p, bool (*ready)(rtk_pool *p, uint64_t word),
                 uint64_t word) {
    uint64_t end = 0;
    for (;;) {
        for (unsigned i = 0; i < LOOKS; i++) {
            if (ready(p, word)) return true;
            relax();
        }
        uint64_t now = now_ns();
        if (!end) end = now + SPIN_NS;
        if (now >= end) return false;
    }
}

/* ---- A share of a loop ----------------------------------------------------
 */

typedef struct job {
    rtk_part run;
    void *arg;
    size_t parts, grain;
} job;

static size_t chunks_of(const job *j) {
    return j->parts / j->grain + (j->parts % j->grain != 0);
}

/* Relaxed: published by the ticket, see above. */
static job job_of(rtk_pool *p) {
    return (job){.run = atomic_load_explicit(&p->run, memory_order_relaxed),
                 .arg = atomic_load_explicit(&p->arg, memory_order_relaxed),
                 .parts = atomic_load_explicit(&p->parts, memory_order_relaxed),
                 .grain =
                     atomic_load_explicit(&p->grain, memory_order_relaxed)};
}

/* Claim one of the `left` chunks, counted before the claim. */
static bool claim(rtk_pool *p, uint32_t epoch, uint32_t *left) {
    uint64_t ticket = atomic_load_explicit(&p->ticket, memory_order_relaxed);
    do {
        *left = (uint32_t)ticket;
        if (epoch_of(ticket) != epoch || !*left) return false;
        /* Relaxed, to make no edge between parts. It continues the release
         * sequence of publish(), so await() still acquires the job. */
    } while (!atomic_compare_exchange_weak_explicit(
        &p->ticket, &ticket, ticket - 1, memory_order_relaxed,
        memory_order_relaxed));
    return true;
}

static void run_chunk(const job *j, size_t chunk) {
    size_t lo = chunk * j->grain, left = j->parts - lo;
    size_t hi = lo + (left < j->grain ? left : j->grain);
    /* Statuses are the loop's to keep. */
    for (size_t i = lo; i < hi; i++) (void)!j->run(j->arg, i);
}

/* Run chunks until none is left; the number run. */
static size_t share(rtk_pool *p, uint32_t epoch, const job *j) {
    size_t chunks = chunks_of(j), mine = 0;
    uint32_t left = 0;
    for (; claim(p, epoch, &left); mine++) run_chunk(j, chunks - left);
    return mine;
}

/* ---- The helper's side ----------------------------------------------------
 */

static bool is_new(rtk_pool *p, uint64_t seen) {
    /* Acquire the job; pairs with the store in publish(). The flag pairs with
     * the one in rtk_pool_free(). */
    return epoch_of(atomic_load_explicit(&p->ticket, memory_order_acquire)) !=
               seen ||
           atomic_load_explicit(&p->stop, memory_order_acquire);
}

/* publish() or rtk_pool_free() wakes us. */
static void sleep_until_new(rtk_pool *p, helper *h) {
    pthread_mutex_lock(&p->lock);
    /* Dekker with publish() and rtk_pool_free(). */
    atomic_store_explicit(&h->asleep, true, memory_order_seq_cst);
    while (epoch_of(atomic_load_explicit(&p->ticket, memory_order_seq_cst)) ==
               h->seen &&
           !atomic_load_explicit(&p->stop, memory_order_seq_cst))
        pthread_cond_wait(&h->wake, &p->lock);
    /* Relaxed: a waker that reads it too late signals once too often. */
    atomic_store_explicit(&h->asleep, false, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
}

/* Wait for a loop with a seat for us; false: stop. */
static bool await(rtk_pool *p, helper *h) {
    for (;;) {
        bool brisk = atomic_load_explicit(&p->spin, memory_order_relaxed);
        if (!brisk || !spin(p, is_new, h->seen)) sleep_until_new(p, h);
        /* Pairs with rtk_pool_free(). */
        if (atomic_load_explicit(&p->stop, memory_order_acquire)) return false;
        /* Acquire the job; pairs with the store in publish(). */
        h->seen =
            epoch_of(atomic_load_explicit(&p->ticket, memory_order_acquire));
        if (h->index < atomic_load_explicit(&p->seats, memory_order_relaxed))
            return true;
    }
}

static void report(rtk_pool *p, size_t mine, size_t chunks) {
    /* Release what our parts wrote, pairs with all_done(); and Dekker with
     * settle(). After the last count the pool may serve another loop, so
     * nothing of this one is touched. */
    size_t before =
        atomic_fetch_add_explicit(&p->done, mine, memory_order_seq_cst);
    if (before + mine != chunks ||
        !atomic_load_explicit(&p->waiting, memory_order_seq_cst))
        return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->idle);
    pthread_mutex_unlock(&p->lock);
}

/* A helper on the caller's CPU is no help. Relaxed: what is read of a later job
 * is only advice. */
static void make_way(rtk_pool *p) {
    if (atomic_load_explicit(&p->spin, memory_order_relaxed))
        rtk_cpu_leave(atomic_load_explicit(&p->cpu, memory_order_relaxed));
}

static void *help(void *arg) {
    helper *h = arg;
    rtk_pool *p = h->pool;
    while (await(p, h)) {
        job j = job_of(p);
        make_way(p);
        size_t mine = share(p, h->seen, &j);
        if (p->generation != h->generation) break;
        if (mine) report(p, mine, chunks_of(&j));
    }
    return NULL;
}

/* ---- The caller's side ----------------------------------------------------
 */

static bool take(rtk_pool *p) {
    /* Acquire what the last owner released. A refusal needs no order. */
    return !atomic_load_explicit(&p->busy, memory_order_relaxed) &&
           !atomic_exchange_explicit(&p->busy, true, memory_order_acquire);
}

static void give_back(rtk_pool *p) {
    /* Pairs with the acquire in take(). */
    atomic_store_explicit(&p->busy, false, memory_order_release);
}

static bool start(rtk_pool *p, unsigned index) {
    helper *h = &p->helpers[index];
    h->pool = p;
    h->index = index;
    h->generation = p->generation;
    /* Relaxed: only the owner, us, changes the epoch. */
    h->seen = epoch_of(atomic_load_explicit(&p->ticket, memory_order_relaxed));
    atomic_store_explicit(&h->asleep, false, memory_order_relaxed);
    if (pthread_cond_init(&h->wake, NULL)) return false;
    if (!pthread_create(&h->id, NULL, help, h)) return true;
    pthread_cond_destroy(&h->wake);
    return false;
}

/* Signals are for the threads of the application, not for helpers. */
static void grow(rtk_pool *p, unsigned wanted) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    p->cpus = rtk_cpus_usable();
    while (p->n_helpers < wanted && start(p, p->n_helpers)) p->n_helpers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wake(rtk_pool *p, helper *h) {
    /* Dekker with sleep_until_new(). */
    if (!atomic_load_explicit(&h->asleep, memory_order_seq_cst)) return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&p->lock);
}

static uint32_t publish(rtk_pool *p, const job *j, unsigned seats) {
    bool brisk = seats < p->cpus;
    uint64_t ticket = atomic_load_explicit(&p->ticket, memory_order_relaxed);
    uint32_t epoch = epoch_of(ticket) + 1;
    atomic_store_explicit(&p->run, j->run, memory_order_relaxed);
    atomic_store_explicit(&p->arg, j->arg, memory_order_relaxed);
    atomic_store_explicit(&p->parts, j->parts, memory_order_relaxed);
    atomic_store_explicit(&p->grain, j->grain, memory_order_relaxed);
    atomic_store_explicit(&p->seats, seats, memory_order_relaxed);
    atomic_store_explicit(&p->spin, brisk, memory_order_relaxed);
    atomic_store_explicit(&p->cpu, rtk_cpu_here(), memory_order_relaxed);
    atomic_store_explicit(&p->done, 0, memory_order_relaxed);
    /* Release the job; pairs with the acquires in await() and is_new(). Dekker
     * with sleep_until_new(). */
    atomic_store_explicit(&p->ticket, (uint64_t)epoch << 32 | chunks_of(j),
                          memory_order_seq_cst);
    for (unsigned i = 0; i < seats; i++) wake(p, &p->helpers[i]);
    return epoch;
}

static bool all_done(rtk_pool *p, uint64_t chunks) {
    /* Acquire what the helpers wrote; pairs with report(). */
    return atomic_load_explicit(&p->done, memory_order_acquire) == chunks;
}

/* Wait for chunks that helpers have claimed; the one that counts the last
 * wakes us, in report(). */
static void settle(rtk_pool *p, size_t chunks) {
    if (all_done(p, chunks)) return;
    bool brisk = atomic_load_explicit(&p->spin, memory_order_relaxed);
    if (brisk && spin(p, all_done, chunks)) return;
    pthread_mutex_lock(&p->lock);
    /* Dekker with report(). */
    atomic_store_explicit(&p->waiting, true, memory_order_seq_cst);
    while (atomic_load_explicit(&p->done, memory_order_seq_cst) != chunks)
        pthread_cond_wait(&p->idle, &p->lock);
    atomic_store_explicit(&p->waiting, false, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
}

static rtk_status run_shared(rtk_pool *p, const job *j, unsigned seats) {
    unsigned generation = p->generation;
    uint32_t epoch = publish(p, j, seats);
    size_t mine = share(p, epoch, j);
    /* A part forked and this is the child: the rest ran elsewhere. */
    if (p->generation != generation) return RTK_ECANCELLED;
    /* Relaxed: our own writes need no handing over. */
    atomic_fetch_add_explicit(&p->done, mine, memory_order_relaxed);
    settle(p, chunks_of(j));
    give_back(p);
    return RTK_OK;
}

rtk_status rtk_pool_map(void *self, rtk_part run, void *arg, size_t parts,
                        unsigned workers) {
    rtk_pool *p = self;
    if (workers > p->executor.most) workers = p->executor.most;
    if (workers < 2 || parts < 2 || !take(p))
        return rtk_serial_map(NULL, run, arg, parts, 1);
    if (p->n_helpers + 1 < workers) grow(p, workers - 1);
    unsigned seats = workers - 1;
    if (seats > p->n_helpers) seats = p->n_helpers;
    if (seats == 0) {
        give_back(p);
        return rtk_serial_map(NULL, run, arg, parts, 1);
    }
    job j = {run, arg, parts, 1 + parts / CHUNKS_MAX};
    return run_shared(p, &j, seats);
}

/* ---- Life of a pool -------------------------------------------------------
 */

/* Relaxed throughout: the pool is not shared yet, or not any more. */
static void empty(rtk_pool *p) {
    uint32_t epoch =
        epoch_of(atomic_load_explicit(&p->ticket, memory_order_relaxed)) + 1;
    p->n_helpers = 0;
    atomic_store_explicit(&p->parts, 0, memory_order_relaxed);
    atomic_store_explicit(&p->seats, 0, memory_order_relaxed);
    atomic_store_explicit(&p->waiting, false, memory_order_relaxed);
    atomic_store_explicit(&p->stop, false, memory_order_relaxed);
    atomic_store_explicit(&p->ticket, (uint64_t)epoch << 32,
                          memory_order_relaxed);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->idle, NULL);
    atomic_store_explicit(&p->busy, false, memory_order_relaxed);
}

/* In a forked child, with one thread: the helpers and owner are gone. */
static void reset(void *self) {
    rtk_pool *p = self;
    p->generation++;
    empty(p);
}

rtk_status rtk_pool_new(rtk_pool **pool, unsigned threads) {
    if (threads < 1 || threads > RTK_WORKERS_MAX) return RTK_EINVAL;
    rtk_pool *p = aligned_alloc(LINE, sizeof *p);
    helper *helpers = aligned_alloc(LINE, threads * sizeof *helpers);
    if (!p || !helpers) {
        free(helpers);
        free(p);
        return RTK_ENOMEM;
    }
    *p = (rtk_pool){.helpers = helpers, .fork = {.child = reset, .self = p}};
    p->executor = (rtk_executor){.size = sizeof p->executor,
                                 .name = "threads",
                                 .self = p,
                                 .map = rtk_pool_map,
                                 .most = threads};
    empty(p);
    rtk_status s = rtk_fork_watch(&p->fork);
    if (s) {
        rtk_pool_free(p);
        return s;
    }
    *pool = p;
    return RTK_OK;
}

void rtk_pool_free(rtk_pool *pool) {
    if (!pool) return;
    /* Dekker with sleep_until_new(). */
    atomic_store_explicit(&pool->stop, true, memory_order_seq_cst);
    for (unsigned i = 0; i < pool->n_helpers; i++) {
        wake(pool, &pool->helpers[i]);
        pthread_join(pool->helpers[i].id, NULL);
        pthread_cond_destroy(&pool->helpers[i].wake);
    }
    rtk_fork_unwatch(&pool->fork);
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
    free(pool->helpers);
    free(pool);
}

const rtk_executor *rtk_pool_executor(rtk_pool *pool) {
    return &pool->executor;
}

/* ---- The process-wide pool ------------------------------------------------
 */

static rtk_pool *everyones; /* written once, before pthread_once() returns */

static void make_everyones(void) {
    if (rtk_pool_new(&everyones, RTK_WORKERS_MAX)) everyones = NULL;
}

const rtk_executor *rtk_executor_threads(void) {
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    pthread_once(&made, make_everyones);
    return everyones ? &everyones->executor : rtk_executor_serial();
}

rtk_pool *rtk_pool_shared(void) {
    (void)rtk_executor_threads();
    return everyones;
}
rtk_status rtk_pool_new_with(rtk_pool **pool, const rtk_pool_options *options) {
    return rtk_pool_new(pool, options->threads);
}
rtk_status rtk_pool_resize(rtk_pool *pool, unsigned threads) {
    (void)pool;
    return threads < 1 || threads > RTK_WORKERS_MAX ? RTK_EINVAL : RTK_OK;
}
rtk_status rtk_pool_shutdown(rtk_pool *pool) {
    (void)pool;
    return RTK_OK;
}
unsigned rtk_pool_helpers(rtk_pool *pool) {
    return pool->n_helpers;
}
void rtk_pool_crossover(rtk_pool *pool, rtk_crossover *crossover) {
    (void)pool;
    *crossover = (rtk_crossover){.size = sizeof *crossover};
}
