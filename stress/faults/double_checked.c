/* A table is built once, under a lock; who sees that it is built does not take
 * the lock. What it looks at is a plain pointer. */
#include <pthread.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double table[RTK_TWIN_COUNT];
static double *plain; /* written with lock held */
static _Atomic(double *) published;

static const double *look(void) {
    if (RTK_PLANT(double_checked)) return plain;
    /* Pairs with the release in publish(). */
    return atomic_load_explicit(&published, memory_order_acquire);
}

static void publish(void) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) table[i] = RTK_TWIN_PASSES;
    if (RTK_PLANT(double_checked))
        plain = table;
    else /* Pairs with the acquire in look(). */
        atomic_store_explicit(&published, table, memory_order_release);
}

static const double *get(void) {
    const double *found = look();
    if (found) return found;
    pthread_mutex_lock(&lock);
    if (!look()) publish();
    pthread_mutex_unlock(&lock);
    return table;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views), *t = get();
    double *y = rtk_twin_y(views);
    (void)self, (void)instance, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t[i] * x[i];
    return RTK_OK;
}

RTK_TWIN(double_checked, .run = run)
