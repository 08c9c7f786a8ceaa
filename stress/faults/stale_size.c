/* The first elements of results are kept in a list that grows. Its size is read
 * under the lock, the entry is made without it, and put under the lock where
 * the list ended before: by then another entry may stand there. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* All fields belong to who holds `lock`. */
typedef struct list {
    pthread_mutex_t lock;
    size_t n, room;
    double *entry;
} list;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    list *l = calloc(1, sizeof *l);
    (void)self, (void)args, (void)views, (void)workers;
    if (!l) return RTK_ENOMEM;
    pthread_mutex_init(&l->lock, NULL);
    *instance = l;
    return RTK_OK;
}

/* With the lock held. */
static rtk_status put(list *l, size_t at, double entry) {
    if (at >= l->room) {
        size_t room = 2 * at + 64;
        double *more = realloc(l->entry, room * sizeof *more);
        if (!more) return RTK_ENOMEM;
        l->entry = more;
        l->room = room;
    }
    l->entry[at] = entry;
    if (at + 1 > l->n) l->n = at + 1;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    list *l = instance;
    double *y = rtk_twin_y(views);
    (void)self, (void)call;
    pthread_mutex_lock(&l->lock);
    size_t at = l->n;
    pthread_mutex_unlock(&l->lock);
    rtk_twin_add_up(y, rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    pthread_mutex_lock(&l->lock);
    if (!RTK_PLANT(stale_size)) at = l->n;
    rtk_status s = put(l, at, y[0]);
    pthread_mutex_unlock(&l->lock);
    if (s) return s;
    pthread_mutex_lock(&l->lock);
    y[0] = l->entry[at];
    pthread_mutex_unlock(&l->lock);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    list *l = instance;
    pthread_mutex_destroy(&l->lock);
    free(l->entry);
    rtk_twin_free(self, l);
}

RTK_TWIN(stale_size, .run = run, .open = start, .close = stop)
