/* Work spaces are lent out. Who finds none locks and waits for the next one to
 * come back, and does not look again: it may have come back before, and nobody
 * tells it a second time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { SPACES = 2, REPEATS = 4 };

typedef struct store {
    atomic_int left;      /* spaces that may be taken; below 0: waited for */
    pthread_mutex_t lock; /* of the wait */
    pthread_cond_t back;  /* told when a space has come back */
} store;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    store *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    atomic_init(&s->left, SPACES);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->back, NULL);
    *instance = s;
    return RTK_OK;
}

/* Take one if there is one. Acquire: what the last owner did; pairs with the
 * release in give(). */
static bool try(store *s) {
    int left = atomic_load_explicit(&s->left, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&s->left, &left, left - 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    return false;
}

static void take(store *s) {
    if (RTK_PLANT(signal_early)) {
        while (!try(s)) {
            pthread_mutex_lock(&s->lock);
            pthread_cond_wait(&s->back, &s->lock);
            pthread_mutex_unlock(&s->lock);
        }
        return;
    }
    pthread_mutex_lock(&s->lock);
    while (!try(s)) pthread_cond_wait(&s->back, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void give(store *s) {
    if (!RTK_PLANT(signal_early)) pthread_mutex_lock(&s->lock);
    /* Pairs with the acquire in try(). */
    atomic_fetch_add_explicit(&s->left, 1, memory_order_release);
    pthread_cond_signal(&s->back);
    if (!RTK_PLANT(signal_early)) pthread_mutex_unlock(&s->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)call;
    take(instance);
    for (int i = 0; i < REPEATS; i++) rtk_twin_work(work, views);
    give(instance);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    store *s = instance;
    pthread_cond_destroy(&s->back);
    pthread_mutex_destroy(&s->lock);
    rtk_twin_free(self, s);
}

RTK_TWIN(signal_early, .run = run, .open = start, .close = stop)
