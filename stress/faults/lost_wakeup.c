/* An instance lets one caller in at a time, the others sleep. A flag says that
 * somebody sleeps, where it takes a count: who is woken clears it for all, so
 * that nobody wakes the next one, who sleeps for ever. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* Enough work inside that others come to wait outside. */
enum { REPEATS = 8 };

/* All fields belong to who holds `lock`. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t left;
    bool busy;
    unsigned sleepers; /* in the fault at most 1, whatever the truth is */
} gate;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    gate *g = calloc(1, sizeof *g);
    (void)self, (void)args, (void)views, (void)workers;
    if (!g) return RTK_ENOMEM;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->left, NULL);
    *instance = g;
    return RTK_OK;
}

static void enter(gate *g) {
    pthread_mutex_lock(&g->lock);
    while (g->busy) {
        g->sleepers = RTK_PLANT(lost_wakeup) ? 1 : g->sleepers + 1;
        pthread_cond_wait(&g->left, &g->lock);
    }
    g->busy = true;
    pthread_mutex_unlock(&g->lock);
}

/* Who is woken no longer counts as a sleeper. */
static void leave(gate *g) {
    pthread_mutex_lock(&g->lock);
    g->busy = false;
    if (g->sleepers) {
        g->sleepers--;
        pthread_cond_signal(&g->left);
    }
    pthread_mutex_unlock(&g->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)call;
    enter(instance);
    for (int i = 0; i < REPEATS; i++) rtk_twin_work(work, views);
    leave(instance);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    gate *g = instance;
    pthread_cond_destroy(&g->left);
    pthread_mutex_destroy(&g->lock);
    rtk_twin_free(self, g);
}

RTK_TWIN(lost_wakeup, .run = run, .open = start, .close = stop)
