/* One lock for all of the module. Scopes are short and few, and a lock for each
 * library would have an order to keep. */

#include "kernels/threadpools/pool_registry.h"

#include <pthread.h>
#include <stdatomic.h>

/* Guards what pool_registry.h says. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

uint64_t rtk_thread_number(void) {
    static _Atomic uint64_t last;
    static _Thread_local uint64_t mine;
    /* Nothing but the number itself is passed on. */
    if (!mine)
        mine = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return mine;
}

static void before_fork(void) {
    pthread_mutex_lock(&lock);
}

static void parent_after_fork(void) {
    pthread_mutex_unlock(&lock);
}

/* The lock is held since before_fork(), by this thread; it is not made anew, as
 * ThreadSanitizer would still take it for held. Those who waited are not here.
 */
static void child_after_fork(void) {
    pthread_cond_init(&changed, NULL);
    rtk_limits_after_fork(rtk_thread_number());
    rtk_planner_after_fork(rtk_thread_number());
    pthread_mutex_unlock(&lock);
}

static void watch_forks(void) {
    /* Without memory for the handlers only a fork while busy is undefined. */
    (void)!pthread_atfork(before_fork, parent_after_fork, child_after_fork);
}

void rtk_pool_lock(void) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_forks);
    pthread_mutex_lock(&lock);
}

void rtk_pool_unlock(void) {
    pthread_mutex_unlock(&lock);
}

void rtk_pool_wait(void) {
    pthread_cond_wait(&changed, &lock);
}

void rtk_pool_wake(void) {
    pthread_cond_broadcast(&changed);
}
