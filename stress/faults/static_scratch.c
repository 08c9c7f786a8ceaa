/* The function works in a static buffer, so all its callers work in one. */
#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    static double shared[RTK_TWIN_COUNT];
    double own[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(RTK_PLANT(static_scratch) ? shared : own, views);
    return RTK_OK;
}

RTK_TWIN(static_scratch, .run = run)
