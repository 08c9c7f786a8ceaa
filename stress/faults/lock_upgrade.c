/* A table of factors is read under a read-write lock. Who finds it out of date
 * wants to write, and keeps what it holds for reading: it waits for all readers
 * to leave, and is one of them. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* Calls after which a table is out of date. */
enum { LIFE = 20 };

/* All fields belong to who holds `lock`, as a reader or the writer. */
typedef struct table {
    pthread_rwlock_t lock;
    uint64_t made; /* at the call of this number */
    double factor[RTK_TWIN_COUNT];
} table;

static void make(table *t, uint64_t now) {
    t->made = now;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) t->factor[i] = RTK_TWIN_PASSES;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    table *t = calloc(1, sizeof *t);
    (void)self, (void)args, (void)views, (void)workers;
    if (!t) return RTK_ENOMEM;
    pthread_rwlock_init(&t->lock, NULL);
    make(t, 0);
    *instance = t;
    return RTK_OK;
}

static void renew(table *t, uint64_t now) {
    if (!RTK_PLANT(lock_upgrade)) pthread_rwlock_unlock(&t->lock);
    pthread_rwlock_wrlock(&t->lock);
    make(t, now);
    pthread_rwlock_unlock(&t->lock);
    pthread_rwlock_rdlock(&t->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    table *t = instance;
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self;
    pthread_rwlock_rdlock(&t->lock);
    if (call->round >= t->made + LIFE) renew(t, call->round);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t->factor[i] * x[i];
    pthread_rwlock_unlock(&t->lock);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    table *t = instance;
    pthread_rwlock_destroy(&t->lock);
    rtk_twin_free(self, t);
}

RTK_TWIN(lock_upgrade, .run = run, .open = start, .close = stop)
