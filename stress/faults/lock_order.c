/* Opening an instance takes two locks in one order, running it takes them in
 * the other. Who opens while another runs may deadlock; as here nobody does,
 * only the order in which they were taken tells. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t statistics = PTHREAD_MUTEX_INITIALIZER;
static uint64_t opened, calls; /* guarded by registry, statistics */

static void count(pthread_mutex_t *first, pthread_mutex_t *second,
                  uint64_t *counter) {
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    ++*counter;
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    if (RTK_PLANT(lock_order))
        count(&statistics, &registry, &opened);
    else
        count(&registry, &statistics, &opened);
    *instance = &opened;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(work, views);
    count(&registry, &statistics, &calls);
    return RTK_OK;
}

RTK_TWIN(lock_order, .run = run, .open = start, .close = rtk_twin_keep)
