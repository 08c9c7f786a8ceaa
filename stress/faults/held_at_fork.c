/* Calls count in a table under a lock. When another thread holds it as a
 * process forks, nobody in the child will ever give it back. The twin takes it
 * before the fork, and gives it back on both sides. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static double table[RTK_TWIN_COUNT]; /* guarded by lock */

static void take(void) {
    pthread_mutex_lock(&lock);
}

static void give(void) {
    pthread_mutex_unlock(&lock);
}

static void init(void) {
    if (!RTK_PLANT(held_at_fork)) pthread_atfork(take, give, give);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    pthread_once(&once, init);
    take();
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        table[i] += rtk_twin_x(views)[i];
    give();
    rtk_twin_work(work, views);
    return RTK_OK;
}

RTK_TWIN(held_at_fork, .run = run,
         .promised = RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY)
