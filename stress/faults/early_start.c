/* An instance has a thread that prepares its table meanwhile. It is started
 * before all that it reads is set. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct plan {
    pthread_t thread;
    double passes; /* set before the thread starts, in the sound twin */
    double factor[RTK_TWIN_COUNT];
    pthread_mutex_t lock;
    pthread_cond_t prepared; /* told when `ready` is set */
    bool ready;              /* guarded by lock; then factor is only read */
} plan;

static void *prepare(void *arg) {
    plan *p = arg;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) p->factor[i] = p->passes;
    pthread_mutex_lock(&p->lock);
    p->ready = true;
    pthread_cond_broadcast(&p->prepared);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void await(plan *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->ready) pthread_cond_wait(&p->prepared, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    plan *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->prepared, NULL);
    if (!RTK_PLANT(early_start)) p->passes = RTK_TWIN_PASSES;
    if (pthread_create(&p->thread, NULL, prepare, p) != 0) {
        free(p);
        return RTK_ETHREAD;
    }
    if (RTK_PLANT(early_start)) p->passes = RTK_TWIN_PASSES;
    *instance = p;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    plan *p = instance;
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self, (void)call;
    await(p);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = p->factor[i] * x[i];
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    plan *p = instance;
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->prepared);
    pthread_mutex_destroy(&p->lock);
    rtk_twin_free(self, p);
}

RTK_TWIN(early_start, .run = run, .open = start, .close = stop)
