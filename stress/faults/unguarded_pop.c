/* A list of buffers is kept in a lock-free stack. Who pops reads what lies
 * below the top, and nothing keeps the top from being popped and freed by
 * another meanwhile. The sound twin pops under a lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { BUFFERS = 8 };

typedef struct buffer {
    struct buffer *below;
    double work[RTK_TWIN_COUNT];
} buffer;

typedef struct stack {
    _Atomic(buffer *) top;
    pthread_mutex_t popping; /* one pop at a time, in the sound twin */
} stack;

static void push(stack *s, buffer *b) {
    b->below = atomic_load_explicit(&s->top, memory_order_relaxed);
    /* Pairs with the acquires in pop(). */
    while (!atomic_compare_exchange_weak_explicit(
        &s->top, &b->below, b, memory_order_release, memory_order_relaxed)) {
    }
}

static buffer *pop(stack *s) {
    if (!RTK_PLANT(unguarded_pop)) pthread_mutex_lock(&s->popping);
    buffer *b = atomic_load_explicit(&s->top, memory_order_acquire);
    /* Pairs with the release in push(). */
    while (b && !atomic_compare_exchange_weak_explicit(&s->top, &b, b->below,
                                                       memory_order_acquire,
                                                       memory_order_acquire)) {
    }
    if (!RTK_PLANT(unguarded_pop)) pthread_mutex_unlock(&s->popping);
    return b;
}

static void empty(stack *s) {
    for (buffer *b; (b = pop(s));) free(b);
}

/* A buffer from the stack, or a new one. */
static buffer *get(stack *s) {
    buffer *b = pop(s);
    return b ? b : malloc(sizeof *b);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    stack *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    atomic_init(&s->top, NULL);
    pthread_mutex_init(&s->popping, NULL);
    *instance = s;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    buffer *b = get(instance), *more = get(instance);
    (void)self;
    if (b) rtk_twin_work(b->work, views);
    /* Now and then memory is given back. */
    if (b) push(instance, b);
    if (call->round % BUFFERS == 0) empty(instance);
    free(more);
    return b ? RTK_OK : RTK_ENOMEM;
}

static void stop(void *self, void *instance) {
    stack *s = instance;
    empty(s);
    pthread_mutex_destroy(&s->popping);
    rtk_twin_free(self, s);
}

RTK_TWIN(unguarded_pop, .run = run, .open = start, .close = stop)
