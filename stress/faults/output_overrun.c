/* The output is written in whole blocks, also where it ends within one. */
#include "stress/faults/fault_common.h"

enum { BLOCK = 8, BLOCKS = (RTK_TWIN_COUNT + BLOCK - 1) / BLOCK };

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[BLOCKS * BLOCK] = {0}, *y = rtk_twin_y(views);
    size_t n = RTK_PLANT(output_overrun) ? BLOCKS * BLOCK : RTK_TWIN_COUNT;
    (void)self, (void)instance, (void)call;
    rtk_twin_add_up(work, rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    for (size_t i = 0; i < n; i++) y[i] = work[i];
    return RTK_OK;
}

RTK_TWIN(output_overrun, .run = run)
