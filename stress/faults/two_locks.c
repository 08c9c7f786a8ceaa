/* A scale and its inverse belong together, but each has a lock of its own; who
 * reads between the two writes gets a scale with another's inverse. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t scale_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inverse_lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by scale_lock; `inverse` in the fault by inverse_lock. */
static double scale = 1, inverse = 1;

/* From the first value to the second. */
static void step(void) {
    if (!RTK_PLANT(two_locks)) return;
    pthread_mutex_unlock(&scale_lock);
    pthread_mutex_lock(&inverse_lock);
}

static void unlock(void) {
    pthread_mutex_unlock(RTK_PLANT(two_locks) ? &inverse_lock : &scale_lock);
}

static void set(double to) {
    pthread_mutex_lock(&scale_lock);
    scale = to;
    step();
    inverse = 1 / to;
    unlock();
}

static double product(void) {
    pthread_mutex_lock(&scale_lock);
    double both = scale;
    step();
    both *= inverse;
    unlock();
    return both;
}

/* Powers of two: a product of the right ones is 1, exactly. */
static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self, (void)instance;
    set((double)(1 << (call->round + call->actor) % 8));
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        double one = i % 64 ? 1 : product();
        y[i] = (double)RTK_TWIN_PASSES * x[i] * one;
    }
    return RTK_OK;
}

RTK_TWIN(two_locks, .run = run)
