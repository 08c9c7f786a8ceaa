/* Workers add to one sum, under a lock when they read it and under the lock
 * when they write it back, and without it between. */
#include <pthread.h>
#include <string.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = RTK_TWIN_COUNT / 4 };

typedef struct total {
    const double *x;
    pthread_mutex_t lock;
    double *y; /* the elements are guarded by lock */
} total;

/* One of the passes, block by block. */
static void pass(total *t) {
    double sum[BLOCK];
    for (size_t lo = 0; lo < RTK_TWIN_COUNT; lo += BLOCK) {
        pthread_mutex_lock(&t->lock);
        memcpy(sum, t->y + lo, sizeof sum);
        if (RTK_PLANT(split_sum)) pthread_mutex_unlock(&t->lock);
        for (size_t i = 0; i < BLOCK; i++) sum[i] += t->x[lo + i];
        if (RTK_PLANT(split_sum)) pthread_mutex_lock(&t->lock);
        memcpy(t->y + lo, sum, sizeof sum);
        pthread_mutex_unlock(&t->lock);
    }
}

static void passes(void *arg, size_t lo, size_t hi) {
    for (; lo < hi; lo++) pass(arg);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    total t = {rtk_twin_x(views), PTHREAD_MUTEX_INITIALIZER, rtk_twin_y(views)};
    (void)instance;
    memset(t.y, 0, RTK_TWIN_COUNT * sizeof *t.y);
    return twin->host->parallel_for(call->workers, RTK_TWIN_PASSES, 4, passes,
                                    &t);
}

/* The host's workers stay. */
RTK_TWIN(split_sum, .run = run, .withheld = RTK_NO_THREADS_LEFT)
