/* Divisions by zero trap while the function runs, to find its own; they trap
 * for the caller, too, from then on. */
#include <fenv.h>

#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    int before = fegetexcept();
    (void)self, (void)instance, (void)call;
    feenableexcept(FE_DIVBYZERO);
    rtk_twin_work(work, views);
    if (!RTK_PLANT(trap_left) && !(before & FE_DIVBYZERO))
        fedisableexcept(FE_DIVBYZERO);
    return RTK_OK;
}

RTK_TWIN(trap_left, .run = run, .promised = RTK_ENVIRONMENT_KEPT)
