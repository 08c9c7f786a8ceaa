/* One lock for FFTW's planner and wisdom. Code that plans beside this library
 * must see to itself. */

#include "kernels/fft/planner.h"

#include <pthread.h>
#include <stddef.h>

#include "kernels/workers/planted.h"

/* Guards all that FFTW's planner keeps: its solvers, its wisdom and the tables
 * that plans share. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

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

void rtk_planner_lock(void) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_forks);
    lock();
}

void rtk_planner_unlock(void) {
    unlock();
}
