/* The exception flags are cleared, so that those of the function alone are
 * seen; what the caller had raised before is lost. */
#include <fenv.h>

#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    fexcept_t before;
    (void)self, (void)instance, (void)call;
    fegetexceptflag(&before, FE_ALL_EXCEPT);
    feclearexcept(FE_ALL_EXCEPT);
    rtk_twin_work(work, views);
    if (!RTK_PLANT(flags_cleared)) fesetexceptflag(&before, FE_ALL_EXCEPT);
    return RTK_OK;
}

RTK_TWIN(flags_cleared, .run = run, .promised = RTK_ENVIRONMENT_KEPT)
