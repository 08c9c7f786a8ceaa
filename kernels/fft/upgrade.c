/* The thread that plans hot lines again, and the queue to it. It exists only
 * between start and stop. The hit path of the cache reads one number that
 * hardly ever changes, and never waits for the queue. */

#include "kernels/fft/upgrade.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "kernels/fft/line_cache.h"
#include "kernels/workers/threads/stay_loaded.h"

enum { WAITING = 64 };

/* Guards the three below. Nobody waits for the thread with it: a fork that has
 * the planner's lock, which the thread wants, may wait for this one. */
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static bool running, stopping;

/* Guards all below but the atomics. `changed` is signalled by an offer and by
 * stop, and wakes the thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static rtk_fft_upgrade how;
static rtk_line_spec waiting[WAITING];
static size_t count;
static bool ending;

/* Relaxed, both: `hot` is a hint, and `done` a statistic. */
static atomic_size_t hot_uses, done;

/* ---- Forks -----------------------------------------------------------------
 */

static void before_fork(void) {
    pthread_mutex_lock(&control);
    pthread_mutex_lock(&lock);
}

static void parent_after_fork(void) {
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&control);
}

/* The thread is the parent's. */
static void child_after_fork(void) {
    pthread_cond_init(&changed, NULL);
    running = stopping = false;
    count = 0;
    atomic_store_explicit(&hot_uses, 0, memory_order_relaxed);
    parent_after_fork();
}

static void watch_forks(void) {
    /* Without memory for the handlers, only a fork beside start, stop or the
     * thread is undefined. */
    (void)!pthread_atfork(before_fork, parent_after_fork, child_after_fork);
}

static void watch(void) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_forks);
}

/* ---- The queue -------------------------------------------------------------
 */

size_t rtk_upgrade_hot(void) {
    return atomic_load_explicit(&hot_uses, memory_order_relaxed);
}

static bool same(const rtk_line_spec *a, const rtk_line_spec *b) {
    return a->n == b->n && a->kind == b->kind && a->real == b->real &&
           a->effort == b->effort && a->weighted == b->weighted;
}

void rtk_upgrade_offer(const rtk_line_spec *spec) {
    if (pthread_mutex_trylock(&lock) != 0) return;
    bool known = ending || count == WAITING;
    for (size_t i = 0; !known && i < count; i++)
        known = same(&waiting[i], spec);
    if (!known) {
        waiting[count++] = *spec;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&lock);
}

/* Wait for a line; false: stop. */
static bool next(rtk_line_spec *spec) {
    pthread_mutex_lock(&lock);
    while (!ending && count == 0) pthread_cond_wait(&changed, &lock);
    bool got = !ending;
    if (got) {
        *spec = waiting[0];
        count--;
        for (size_t i = 0; i < count; i++) waiting[i] = waiting[i + 1];
    }
    pthread_mutex_unlock(&lock);
    return got;
}

static void *serve(void *unused) {
    rtk_line_spec spec;
    while (next(&spec)) {
        /* A line that could not be planned again stays as it is. */
        if (!rtk_line_upgrade(&spec, how.effort, how.bits_may_change != 0))
            atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
    }
    return unused;
}

/* ---- Public ----------------------------------------------------------------
 */

/* Signals are for the process's own threads. */
static int start_quietly(void) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static rtk_status start(const rtk_fft_upgrade *upgrade) {
    if (running) return RTK_EINVAL;
    if (!rtk_stay_loaded()) return RTK_ENOMEM;
    pthread_mutex_lock(&lock);
    how = *upgrade;
    ending = false;
    count = 0;
    pthread_mutex_unlock(&lock);
    if (start_quietly()) return RTK_ETHREAD;
    running = true;
    atomic_store_explicit(&hot_uses, upgrade->hot, memory_order_relaxed);
    return RTK_OK;
}

rtk_status rtk_fft_upgrade_start(const rtk_fft_upgrade *upgrade) {
    if (!upgrade || upgrade->size < sizeof *upgrade || upgrade->hot < 1 ||
        (upgrade->effort != RTK_FFT_MEASURE &&
         upgrade->effort != RTK_FFT_PATIENT))
        return RTK_EINVAL;
    watch();
    pthread_mutex_lock(&control);
    rtk_status s = start(upgrade);
    pthread_mutex_unlock(&control);
    return s;
}

void rtk_fft_upgrade_stop(void) {
    watch();
    pthread_mutex_lock(&control);
    bool mine = running && !stopping;
    pthread_t stopped = thread;
    if (mine) stopping = true;
    pthread_mutex_unlock(&control);
    if (!mine) return;
    atomic_store_explicit(&hot_uses, 0, memory_order_relaxed);
    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(stopped, NULL);
    pthread_mutex_lock(&control);
    running = stopping = false;
    pthread_mutex_unlock(&control);
}

size_t rtk_fft_upgrade_count(void) {
    return atomic_load_explicit(&done, memory_order_relaxed);
}
