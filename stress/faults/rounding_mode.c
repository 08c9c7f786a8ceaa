/* Sums are rounded upwards, for a bound; the mode stays so. */
#include <fenv.h>

#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    int before = fegetround();
    (void)self, (void)instance, (void)call;
    fesetround(FE_UPWARD);
    rtk_twin_work(work, views);
    if (!RTK_PLANT(rounding_mode)) fesetround(before);
    return RTK_OK;
}

RTK_TWIN(rounding_mode, .run = run, .promised = RTK_ENVIRONMENT_KEPT)
