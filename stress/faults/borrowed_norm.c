/* A vector is scaled to length one. The length that was found is kept where all
 * callers keep it, in a number of the library's own, until the vector has been
 * smoothed; by then it may be that of another caller. Like an eigenvector the
 * result is still right but for its length, and that only a law knows. */
#include <math.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

static _Atomic double length;

static double norm(const double *v) {
    double sum = 0;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) sum += v[i] * v[i];
    return sqrt(sum);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double *y = rtk_twin_y(views);
    double found = (double)RTK_TWIN_PASSES * norm(rtk_twin_x(views));
    (void)self, (void)instance, (void)call;
    /* Relaxed: nothing else is handed over. */
    atomic_store_explicit(&length, found, memory_order_relaxed);
    rtk_twin_add_up(y, rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    if (RTK_PLANT(borrowed_norm))
        found = atomic_load_explicit(&length, memory_order_relaxed);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] /= found;
    return RTK_OK;
}

/* The direction. */
static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const double *x = rtk_twin_x(views), *y = rtk_twin_y(views);
    (void)self, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        double error = fabs(y[i] * x[0] / (y[0] * x[i]) - 1);
        if (!(error <= truth->error)) truth->error = error;
    }
    return RTK_OK;
}

static rtk_status hold(void *self, void *instance, const rtk_args *args,
                       const rtk_views *views, const rtk_call *call,
                       rtk_truth *truth) {
    (void)self, (void)instance, (void)args, (void)call;
    truth->error = fabs(norm(rtk_twin_y(views)) - 1);
    return RTK_OK;
}

static const rtk_law unit = {.size = sizeof unit,
                             .name = "unit length",
                             .summary = "the result has length one",
                             .hold = hold};

RTK_TWIN(borrowed_norm, .run = run, .check = check, .law = &unit,
         .repeatable = RTK_TIER_B, .tolerance = 1e-12)
