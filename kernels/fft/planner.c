/* One lock for FFTW's planner and wisdom, inside a plan scope, so that the
 * scopes of kernels/threadpools and this wait for each other. The scope comes
 * first: who has one open may use this module. Other code that plans beside
 * this library must see to itself. */

#include "kernels/fft/planner.h"

#include <pthread.h>
#include <stddef.h>

#include "kernels/threadpools/plan_scope.h"
#include "kernels/workers/planted.h"

/* Of FFTW with threads, if the process has it. */
int fftw_planner_nthreads(void) __attribute__((weak));
int fftwf_planner_nthreads(void) __attribute__((weak));
int fftwl_planner_nthreads(void) __attribute__((weak));
void fftw_plan_with_nthreads(int) __attribute__((weak));
void fftwf_plan_with_nthreads(int) __attribute__((weak));
void fftwl_plan_with_nthreads(int) __attribute__((weak));

/* Guards all that FFTW's planner keeps: its solvers, its wisdom and the tables
 * that plans share; the wisdom that is kept apart, and the counts below. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* Threads that others had set, of each precision; 1 where they had not. */
static int threads[3];

static int swap(int (*get)(void), void (*set)(int), int count) {
    int before = get && set ? get() : 1;
    if (before != count && get && set) set(count);
    return before;
}

static void single(void) {
    threads[0] = swap(fftw_planner_nthreads, fftw_plan_with_nthreads, 1);
    threads[1] = swap(fftwf_planner_nthreads, fftwf_plan_with_nthreads, 1);
    threads[2] = swap(fftwl_planner_nthreads, fftwl_plan_with_nthreads, 1);
}

static void restore(void) {
    if (threads[0] > 1) fftw_plan_with_nthreads(threads[0]);
    if (threads[1] > 1) fftwf_plan_with_nthreads(threads[1]);
    if (threads[2] > 1) fftwl_plan_with_nthreads(threads[2]);
}

static void lock(void) {
    if (!RTK_PLANT(fft_planner)) pthread_mutex_lock(&planner);
}

static void unlock(void) {
    if (!RTK_PLANT(fft_planner)) pthread_mutex_unlock(&planner);
}

static void watch_forks(void) {
    /* Without memory for the handlers, only a fork while another thread plans
     * is undefined. */
    (void)!pthread_atfork(lock, unlock, RTK_PLANT(fft_fork) ? NULL : unlock);
}

/* This thread's, open while it has the lock. */
static _Thread_local rtk_plan_scope scope;

void rtk_planner_lock(void) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_forks);
    if (!RTK_PLANT(fft_planner)) rtk_plan_scope_join(&scope);
    lock();
    single();
}

void rtk_planner_unlock(void) {
    restore();
    unlock();
    if (!RTK_PLANT(fft_planner)) (void)rtk_plan_scope_end(&scope);
}
