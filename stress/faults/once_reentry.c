/* The library is set up by its first call, through pthread_once(). Setting it
 * up ends with a trial run through the library's front door, which sees to it
 * that the library is set up, and waits for ever. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static double factor[RTK_TWIN_COUNT];

static void init(void);

static void scale_inside(const double *x, double *y) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = factor[i] * x[i];
}

static void scale(const double *x, double *y) {
    pthread_once(&once, init);
    scale_inside(x, y);
}

static void init(void) {
    double y[RTK_TWIN_COUNT];
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) factor[i] = RTK_TWIN_PASSES;
    if (RTK_PLANT(once_reentry))
        scale(factor, y);
    else
        scale_inside(factor, y);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    scale(rtk_twin_x(views), rtk_twin_y(views));
    return RTK_OK;
}

RTK_TWIN(once_reentry, .run = run)
