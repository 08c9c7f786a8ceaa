/* Work spaces are kept in a stack. Who finds it empty waits, and takes one when
 * it was woken; but another who came by may have taken it before. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct space {
    struct space *next;
    double work[RTK_TWIN_COUNT];
} space;

/* All fields belong to who holds `lock`. */
typedef struct store {
    pthread_mutex_t lock;
    pthread_cond_t back; /* told when a space has come back */
    space *top, space[2];
} store;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    store *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->back, NULL);
    s->space[1].next = &s->space[0];
    s->top = &s->space[1];
    *instance = s;
    return RTK_OK;
}

static space *take(store *s) {
    pthread_mutex_lock(&s->lock);
    if (RTK_PLANT(missing_loop)) {
        if (!s->top) pthread_cond_wait(&s->back, &s->lock);
    } else {
        while (!s->top) pthread_cond_wait(&s->back, &s->lock);
    }
    space *one = s->top;
    s->top = one->next;
    pthread_mutex_unlock(&s->lock);
    return one;
}

static void give(store *s, space *one) {
    pthread_mutex_lock(&s->lock);
    one->next = s->top;
    s->top = one;
    pthread_cond_signal(&s->back);
    pthread_mutex_unlock(&s->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    space *one = take(instance);
    (void)self, (void)call;
    rtk_twin_work(one->work, views);
    give(instance, one);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    store *s = instance;
    pthread_cond_destroy(&s->back);
    pthread_mutex_destroy(&s->lock);
    rtk_twin_free(self, s);
}

RTK_TWIN(missing_loop, .run = run, .open = start, .close = stop)
