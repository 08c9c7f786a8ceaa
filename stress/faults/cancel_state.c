/* Cancellation is held off while a lock is taken, and not allowed again. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    int before;
    (void)self, (void)instance, (void)call;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    rtk_twin_work(work, views);
    if (!RTK_PLANT(cancel_state)) pthread_setcancelstate(before, &before);
    return RTK_OK;
}

RTK_TWIN(cancel_state, .run = run, .promised = RTK_ENVIRONMENT_KEPT)
