/* A cache of plans evicts those that nobody uses. A plan is looked up under the
 * lock and counted as used under the lock, but in two steps: between them it
 * may be evicted and become another. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

enum { SLOTS = 2, KEYS = 5 };

typedef struct plan {
    unsigned key, users;
    double factor[RTK_TWIN_COUNT]; /* not written while there are users */
} plan;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static plan cache[SLOTS]; /* guarded by lock */

static void fill(plan *p, unsigned key) {
    p->key = key;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        p->factor[i] = (double)(key * RTK_TWIN_PASSES);
}

/* With the lock held: the plan for `key`, or NULL if all are in use. */
static plan *look_up(unsigned key) {
    plan *unused = NULL;
    for (plan *p = cache; p < cache + SLOTS; p++) {
        if (p->key == key) return p;
        if (!p->users) unused = p;
    }
    if (unused) fill(unused, key);
    return unused;
}

static plan *get(unsigned key) {
    pthread_mutex_lock(&lock);
    plan *p = look_up(key);
    if (RTK_PLANT(late_pin)) {
        pthread_mutex_unlock(&lock);
        pthread_mutex_lock(&lock);
    }
    if (p) p->users++;
    pthread_mutex_unlock(&lock);
    return p;
}

static void put(plan *p) {
    pthread_mutex_lock(&lock);
    p->users--;
    pthread_mutex_unlock(&lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    unsigned key = 1 + (unsigned)((call->round + call->actor) % KEYS);
    plan *p = get(key);
    (void)self, (void)instance;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        y[i] = (p ? p->factor[i] / key : (double)RTK_TWIN_PASSES) * x[i];
    if (p) put(p);
    return RTK_OK;
}

RTK_TWIN(late_pin, .run = run)
