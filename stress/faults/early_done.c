/* A worker writes its part of the result and counts itself as done, for its
 * caller to see; the last elements it writes after that. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { LAST = RTK_TWIN_COUNT - 60 };

/* A pool of one. All fields but `thread` belong to who holds `lock`. */
typedef struct pool {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* told of each change of what follows */
    const rtk_views *views; /* of the call that waits, or NULL */
    bool ending;
} pool;

static void part(const rtk_views *views, size_t lo, size_t hi) {
    rtk_twin_add_up(rtk_twin_y(views), rtk_twin_x(views), lo, hi);
}

static void *work(void *arg) {
    pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->views && !p->ending)
            pthread_cond_wait(&p->changed, &p->lock);
        if (!p->views) break;
        const rtk_views *views = p->views;
        part(views, 0, LAST);
        if (!RTK_PLANT(early_done)) part(views, LAST, RTK_TWIN_COUNT);
        p->views = NULL;
        pthread_cond_broadcast(&p->changed);
        if (!RTK_PLANT(early_done)) continue;
        pthread_mutex_unlock(&p->lock);
        part(views, LAST, RTK_TWIN_COUNT);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    pool *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (pthread_create(&p->thread, NULL, work, p) != 0) {
        free(p);
        return RTK_ETHREAD;
    }
    *instance = p;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    pool *p = instance;
    (void)self, (void)call;
    pthread_mutex_lock(&p->lock);
    p->views = views;
    pthread_cond_broadcast(&p->changed);
    while (p->views) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    pool *p = instance;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    rtk_twin_free(self, p);
}

/* One caller at a time for each pool. */
RTK_TWIN(early_done, .run = run, .open = start, .close = stop,
         .mt_object = "instance")
