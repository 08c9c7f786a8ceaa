/* Users of the library are counted under a lock; the first sets it up and the
 * last takes it down, after the lock was given back. The next first may be at
 * it while the last one is. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users; /* guarded by lock */
static double *table;  /* the same, in the sound twin */

static void set_up(void) {
    table = malloc(RTK_TWIN_COUNT * sizeof *table);
    for (size_t i = 0; table && i < RTK_TWIN_COUNT; i++)
        table[i] = RTK_TWIN_PASSES;
}

static void take_down(void) {
    free(table);
    table = NULL;
}

/* `action` now, with the lock held, or later, without. */
static void change(bool needed, void (*action)(void)) {
    if (RTK_PLANT(init_shutdown)) pthread_mutex_unlock(&lock);
    if (needed) action();
    if (!RTK_PLANT(init_shutdown)) pthread_mutex_unlock(&lock);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    pthread_mutex_lock(&lock);
    change(users++ == 0, set_up);
    *instance = &users;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views), *t = table;
    double *y = rtk_twin_y(views);
    (void)self, (void)instance, (void)call;
    if (!t) return RTK_ENOMEM;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t[i] * x[i];
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    (void)self, (void)instance;
    pthread_mutex_lock(&lock);
    change(--users == 0, take_down);
}

RTK_TWIN(init_shutdown, .run = run, .open = start, .close = stop)
