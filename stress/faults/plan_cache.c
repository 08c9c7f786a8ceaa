/* Plans are cached. The cache has a lock, but a new plan is put into it before
 * it is filled, so that others find it too early. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct plan {
    double factor[RTK_TWIN_COUNT];
} plan;

/* The cache; filled once, kept until the process ends. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static plan *cached;

static void fill(plan *p) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) p->factor[i] = RTK_TWIN_PASSES;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    pthread_mutex_lock(&lock);
    bool missed = !cached;
    if (missed) cached = calloc(1, sizeof *cached);
    plan *p = cached;
    if (p && missed && !RTK_PLANT(plan_cache)) fill(p);
    pthread_mutex_unlock(&lock);
    if (p && missed && RTK_PLANT(plan_cache)) fill(p);
    *instance = p;
    return p ? RTK_OK : RTK_ENOMEM;
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

RTK_TWIN(plan_cache, .run = run, .open = start, .close = rtk_twin_keep)
