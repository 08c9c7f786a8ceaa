/* A table is built by the first call; a plain flag says whether that was done,
 * and nothing keeps a second call from looking at the same time. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static double table[RTK_TWIN_COUNT];
static bool built;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) table[i] = RTK_TWIN_PASSES;
    built = true;
}

static void init(void) {
    if (!RTK_PLANT(lazy_init))
        pthread_once(&once, build);
    else if (!built)
        build();
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self, (void)instance, (void)call;
    init();
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = table[i] * x[i];
    return RTK_OK;
}

RTK_TWIN(lazy_init, .run = run)
