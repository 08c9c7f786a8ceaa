/* Two flags of a handle have a lock each, and are neighbours in one bit-field:
 * who writes the one writes the other back as it was. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* A field of no width ends the memory that the one before is written in. */
enum { APART = RTK_PLANT(bitfield_neighbour) ? 1 : 0 };

typedef struct handle {
    pthread_mutex_t warm_lock, profiled_lock;
    unsigned warm : 1; /* guarded by warm_lock */
    unsigned : APART;
    unsigned profiled : 1; /* guarded by profiled_lock */
} handle;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    handle *h = calloc(1, sizeof *h);
    (void)self, (void)args, (void)views, (void)workers;
    if (!h) return RTK_ENOMEM;
    pthread_mutex_init(&h->warm_lock, NULL);
    pthread_mutex_init(&h->profiled_lock, NULL);
    *instance = h;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    handle *h = instance;
    double work[RTK_TWIN_COUNT];
    (void)self;
    pthread_mutex_lock(&h->warm_lock);
    h->warm = 1;
    pthread_mutex_unlock(&h->warm_lock);
    rtk_twin_work(work, views);
    pthread_mutex_lock(&h->profiled_lock);
    h->profiled = call->round & 1;
    pthread_mutex_unlock(&h->profiled_lock);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    handle *h = instance;
    pthread_mutex_destroy(&h->warm_lock);
    pthread_mutex_destroy(&h->profiled_lock);
    rtk_twin_free(self, h);
}

RTK_TWIN(bitfield_neighbour, .run = run, .open = start, .close = stop)
