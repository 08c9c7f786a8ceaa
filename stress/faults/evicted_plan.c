/* The cache holds the plan of the last key. Who asks for another key gets a new
 * one, and the old one is freed; a caller may still be at work with it. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { KEYS = 3 };

typedef struct plan {
    unsigned key, users; /* guarded by lock; the cache is a user, too */
    double factor[RTK_TWIN_COUNT];
} plan;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static plan *cached; /* guarded by lock; kept until the process ends */

/* With the lock held: one user less. The fault has only one, the cache. */
static void drop(plan *p) {
    if (p && --p->users == 0) free(p);
}

static plan *make(unsigned key) {
    plan *p = malloc(sizeof *p);
    if (!p) return NULL;
    p->key = key;
    p->users = 1;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        p->factor[i] = (double)(key * RTK_TWIN_PASSES);
    return p;
}

static plan *get(unsigned key) {
    pthread_mutex_lock(&lock);
    if (!cached || cached->key != key) {
        drop(cached);
        cached = make(key);
    }
    plan *p = cached;
    if (p && !RTK_PLANT(evicted_plan)) p->users++;
    pthread_mutex_unlock(&lock);
    return p;
}

static void put(plan *p) {
    if (RTK_PLANT(evicted_plan)) return;
    pthread_mutex_lock(&lock);
    drop(p);
    pthread_mutex_unlock(&lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    unsigned key = 1 + (unsigned)((call->round / 4 + call->actor) % KEYS);
    plan *p = get(key);
    (void)self, (void)instance;
    if (!p) return RTK_ENOMEM;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        y[i] = p->factor[i] * x[i] / key;
    put(p);
    return RTK_OK;
}

RTK_TWIN(evicted_plan, .run = run)
