/* An instance is destroyed: its thread is told to end, the statistics are
 * freed, the thread is joined. But the last that it does is to write them. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct statistics {
    unsigned jobs, ends;
} statistics;

typedef struct pool {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool ending;           /* guarded by lock */
    statistics *collected; /* of the thread, until it was joined */
} pool;

static void *collect(void *arg) {
    pool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->ending) pthread_cond_wait(&p->ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
    p->collected->ends++;
    return NULL;
}

static void discard(pool *p) {
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p->collected);
    free(p);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    pool *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended, NULL);
    p->collected = calloc(1, sizeof *p->collected);
    if (!p->collected || pthread_create(&p->thread, NULL, collect, p) != 0) {
        discard(p);
        return RTK_ENOMEM;
    }
    *instance = p;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(work, views);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    pool *p = instance;
    (void)self;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    if (RTK_PLANT(shutdown_free)) free(p->collected);
    pthread_join(p->thread, NULL);
    if (RTK_PLANT(shutdown_free)) p->collected = NULL;
    discard(p);
}

RTK_TWIN(shutdown_free, .run = run, .open = start, .close = stop)
