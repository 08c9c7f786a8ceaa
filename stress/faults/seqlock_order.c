/* Settings are read without a lock: a number is odd while they change, and who
 * saw it change reads again. The fault counts it up only after the change, so
 * that who reads in the middle of it sees nothing. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

enum { WEIGHTS = 32 };

static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint number;
/* Each weight is the same power of two. */
static _Atomic double weight[WEIGHTS];

/* Release: whoever acquires a new weight sees the odd number, too. */
static void change(double to) {
    for (size_t i = 0; i < WEIGHTS; i++)
        atomic_store_explicit(&weight[i], to, memory_order_release);
}

static void set(double to) {
    pthread_mutex_lock(&writer);
    unsigned first = RTK_PLANT(seqlock_order) ? 0 : 1;
    /* Pairs with the acquires in get(). */
    atomic_fetch_add_explicit(&number, first, memory_order_acq_rel);
    change(to);
    atomic_fetch_add_explicit(&number, 2 - first, memory_order_release);
    pthread_mutex_unlock(&writer);
}

static void get(double to[WEIGHTS]) {
    for (;;) {
        unsigned before = atomic_load_explicit(&number, memory_order_acquire);
        for (size_t i = 0; i < WEIGHTS; i++)
            to[i] = atomic_load_explicit(&weight[i], memory_order_acquire);
        /* Not before the loads above: they acquire. */
        unsigned after = atomic_load_explicit(&number, memory_order_relaxed);
        if (before == after && before % 2 == 0) return;
        sched_yield();
    }
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views), w[WEIGHTS];
    (void)self, (void)instance;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        if (i % 256 == 0)
            set((double)(1 << (call->round + call->actor + i / 256) % 8));
        if (i % WEIGHTS == 0) get(w);
        /* cppcheck-suppress uninitvar ; the first turn fills it */
        y[i] = (double)RTK_TWIN_PASSES * x[i] * w[i % WEIGHTS] / w[0];
    }
    return RTK_OK;
}

RTK_TWIN(seqlock_order, .run = run)
