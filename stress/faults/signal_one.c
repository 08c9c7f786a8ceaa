/* Now and then an instance is set up anew: it waits until nobody is inside, and
 * keeps callers out meanwhile. When it is done it wakes one of them, though all
 * may go on. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { EVERY = 8 };

/* All fields belong to who holds `lock`; `factor` is also read by who is
 * inside, and written by who keeps all others out. */
typedef struct plan {
    pthread_mutex_t lock;
    pthread_cond_t opened; /* told when callers may come in again */
    pthread_cond_t empty;  /* told when the last has gone */
    bool closed;
    unsigned inside;
    double factor[RTK_TWIN_COUNT];
} plan;

static void fill(plan *p) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) p->factor[i] = RTK_TWIN_PASSES;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    plan *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->opened, NULL);
    pthread_cond_init(&p->empty, NULL);
    fill(p);
    *instance = p;
    return RTK_OK;
}

static void enter(plan *p) {
    pthread_mutex_lock(&p->lock);
    while (p->closed) pthread_cond_wait(&p->opened, &p->lock);
    p->inside++;
    pthread_mutex_unlock(&p->lock);
}

static void leave(plan *p) {
    pthread_mutex_lock(&p->lock);
    if (--p->inside == 0) pthread_cond_broadcast(&p->empty);
    pthread_mutex_unlock(&p->lock);
}

static void renew(plan *p) {
    pthread_mutex_lock(&p->lock);
    while (p->closed) pthread_cond_wait(&p->opened, &p->lock);
    p->closed = true;
    while (p->inside) pthread_cond_wait(&p->empty, &p->lock);
    pthread_mutex_unlock(&p->lock);
    fill(p);
    pthread_mutex_lock(&p->lock);
    p->closed = false;
    if (RTK_PLANT(signal_one))
        pthread_cond_signal(&p->opened);
    else
        pthread_cond_broadcast(&p->opened);
    pthread_mutex_unlock(&p->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    plan *p = instance;
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self;
    if (call->round % EVERY == 0) renew(p);
    enter(p);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = p->factor[i] * x[i];
    leave(p);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    plan *p = instance;
    pthread_cond_destroy(&p->empty);
    pthread_cond_destroy(&p->opened);
    pthread_mutex_destroy(&p->lock);
    rtk_twin_free(self, p);
}

RTK_TWIN(signal_one, .run = run, .open = start, .close = stop)
