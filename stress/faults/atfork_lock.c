/* The library takes its lock before a fork and gives it back in the parent, so
 * that the child gets a whole table; nobody gives it back in the child. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t calls; /* guarded by lock */

static void take(void) {
    pthread_mutex_lock(&lock);
}

static void give(void) {
    pthread_mutex_unlock(&lock);
}

static void init(void) {
    pthread_atfork(take, give, RTK_PLANT(atfork_lock) ? NULL : give);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    pthread_once(&once, init);
    rtk_twin_work(work, views);
    take();
    calls++;
    give();
    return RTK_OK;
}

RTK_TWIN(atfork_lock, .run = run, .promised = RTK_FORK_SAFE_IDLE)
