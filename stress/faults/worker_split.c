/* The sum is split by the number of workers, so its rounding depends on it,
 * though tier A is claimed. */
#include "stress/faults/fault_common.h"

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    long double sum = 0;
    (void)self, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) sum += 1 / rtk_twin_x(views)[i];
    truth->error = (double)((rtk_twin_y(views)[0] - sum) / sum);
    if (truth->error < 0) truth->error = -truth->error;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    size_t parts = RTK_PLANT(worker_split) && call->workers > 1
                       ? (size_t)call->workers
                       : 4;
    double sum = 0;
    (void)self, (void)instance;
    for (size_t p = 0; p < parts; p++) {
        double part = 0;
        size_t end = RTK_TWIN_COUNT * (p + 1) / parts;
        for (size_t i = RTK_TWIN_COUNT * p / parts; i < end; i++)
            part += 1 / x[i];
        sum += part;
    }
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) rtk_twin_y(views)[i] = sum;
    return RTK_OK;
}

RTK_TWIN(worker_split, .run = run, .check = check, .tolerance = 1e-12)
