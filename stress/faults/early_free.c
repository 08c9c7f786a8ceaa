/* Instances are made from one table, which goes with the last of them. A new
 * instance counts itself as a user only after it was made, and another may have
 * freed the table meanwhile. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct table {
    double factor[RTK_TWIN_COUNT];
} table, plan;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static table *shared;  /* guarded by lock */
static unsigned users; /* guarded by lock */

static table *make(void) {
    table *t = malloc(sizeof *t);
    for (size_t i = 0; t && i < RTK_TWIN_COUNT; i++) t->factor[i] = 1;
    return t;
}

static const table *get(bool counted) {
    pthread_mutex_lock(&lock);
    if (!shared) shared = make();
    if (shared && counted) users++;
    const table *t = shared;
    pthread_mutex_unlock(&lock);
    return t;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    plan *p = malloc(sizeof *p);
    const table *t = p ? get(!RTK_PLANT(early_free)) : NULL;
    (void)self, (void)args, (void)views, (void)workers;
    if (!t) {
        free(p);
        return RTK_ENOMEM;
    }
    rtk_twin_add_up(p->factor, t->factor, 0, RTK_TWIN_COUNT);
    if (RTK_PLANT(early_free)) get(true);
    *instance = p;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const plan *p = instance;
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = p->factor[i] * x[i];
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    rtk_twin_free(self, instance);
    pthread_mutex_lock(&lock);
    if (--users == 0) {
        free(shared);
        shared = NULL;
    }
    pthread_mutex_unlock(&lock);
}

RTK_TWIN(early_free, .run = run, .open = start, .close = stop)
