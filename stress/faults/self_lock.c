/* The library keeps a list of its calls, under a lock. When it is full, it is
 * emptied by the function that users call for that, which takes the lock. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { ROOM = 100 };

/* All fields belong to who holds `lock`. */
typedef struct history {
    pthread_mutex_t lock;
    size_t n;
    double first[ROOM];
} history;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    history *h = calloc(1, sizeof *h);
    (void)self, (void)args, (void)views, (void)workers;
    if (!h) return RTK_ENOMEM;
    pthread_mutex_init(&h->lock, NULL);
    *instance = h;
    return RTK_OK;
}

/* As users call it. */
static void clear(history *h) {
    pthread_mutex_lock(&h->lock);
    h->n = 0;
    pthread_mutex_unlock(&h->lock);
}

static void note(history *h, double value) {
    pthread_mutex_lock(&h->lock);
    if (h->n == ROOM) {
        if (RTK_PLANT(self_lock)) clear(h);
        h->n = 0;
    }
    h->first[h->n++] = value;
    pthread_mutex_unlock(&h->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)call;
    rtk_twin_work(work, views);
    note(instance, work[0]);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    history *h = instance;
    clear(h);
    pthread_mutex_destroy(&h->lock);
    rtk_twin_free(self, h);
}

RTK_TWIN(self_lock, .run = run, .open = start, .close = stop)
