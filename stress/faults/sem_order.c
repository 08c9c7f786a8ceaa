/* Opening and running take two semaphores, for a staging buffer and for the
 * place on the machine that computes, in opposite orders. As here nobody opens
 * while another runs, only the order in which they were taken tells. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "stress/faults/fault_common.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t staging, machine;
static uint64_t opened, calls; /* by who has both */

static void init(void) {
    sem_init(&staging, 0, 1);
    sem_init(&machine, 0, 1);
}

static void take(sem_t *s) {
    while (sem_wait(s) != 0 && errno == EINTR) {
    }
}

static void count(sem_t *first, sem_t *second, uint64_t *counter) {
    take(first);
    take(second);
    ++*counter;
    sem_post(second);
    sem_post(first);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    pthread_once(&once, init);
    if (RTK_PLANT(sem_order))
        count(&machine, &staging, &opened);
    else
        count(&staging, &machine, &opened);
    *instance = &opened;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(work, views);
    count(&staging, &machine, &calls);
    return RTK_OK;
}

RTK_TWIN(sem_order, .run = run, .open = start, .close = rtk_twin_keep)
