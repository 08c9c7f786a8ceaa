/* Destroying an instance takes it off the library's list and joins its thread,
 * all under the lock of the list; the thread signs off under that lock, too,
 * when it has anything to tell. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

static pthread_mutex_t list = PTHREAD_MUTEX_INITIALIZER;
static uint64_t instances, waits; /* guarded by list */

typedef struct pool {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool ending; /* guarded by lock */
} pool;

static void *wait_for_work(void *arg) {
    pool *p = arg;
    uint64_t waited = 0;
    pthread_mutex_lock(&p->lock);
    for (; !p->ending; waited++) pthread_cond_wait(&p->ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
    if (!waited) return NULL;
    pthread_mutex_lock(&list);
    waits += waited;
    pthread_mutex_unlock(&list);
    return NULL;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    pool *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended, NULL);
    if (pthread_create(&p->thread, NULL, wait_for_work, p) != 0) {
        free(p);
        return RTK_ETHREAD;
    }
    pthread_mutex_lock(&list);
    instances++;
    pthread_mutex_unlock(&list);
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

static void end(pool *p) {
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
}

static void stop(void *self, void *instance) {
    pool *p = instance;
    if (!RTK_PLANT(join_cycle)) end(p);
    pthread_mutex_lock(&list);
    if (RTK_PLANT(join_cycle)) end(p);
    instances--;
    pthread_mutex_unlock(&list);
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    rtk_twin_free(self, p);
}

RTK_TWIN(join_cycle, .run = run, .open = start, .close = stop)
