/* Each call has a stack of small work spaces that begin as zeros. A handler,
 * that of a timer say, takes one from the call that it interrupts: while a
 * space is being cleared but does not count as taken yet, that is the same one.
 * The twin's handler goes without when it finds the stack in use. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "stress/faults/fault_common.h"
#include "stress/faults/fault_signal.h"

enum { BLOCK = 30, DEPTH = 4 };

typedef struct arena {
    atomic_size_t taken;
    atomic_bool changing; /* for the twin's handler */
    double space[DEPTH][BLOCK];
} arena;

/* Of the call that the thread makes. A key, not a thread-local variable: that
 * may be allocated by whoever is the first to look at it, a handler too. */
static pthread_key_t current;

__attribute__((constructor)) static void make_key(void) {
    pthread_key_create(&current, NULL);
}

/* Release, for a handler in this thread: what comes before is done before. */
static double *take(arena *a) {
    atomic_store_explicit(&a->changing, true, memory_order_release);
    size_t n = atomic_load_explicit(&a->taken, memory_order_acquire);
    memset(a->space[n], 0, sizeof *a->space);
    atomic_store_explicit(&a->taken, n + 1, memory_order_release);
    atomic_store_explicit(&a->changing, false, memory_order_release);
    return a->space[n];
}

static void give(arena *a) {
    atomic_fetch_sub_explicit(&a->taken, 1, memory_order_release);
}

static void on_signal(int number) {
    arena *a = pthread_getspecific(current);
    if (!a || (!RTK_PLANT(reentered_arena) &&
               atomic_load_explicit(&a->changing, memory_order_acquire)))
        return;
    double *sample = take(a);
    for (size_t i = 0; i < BLOCK; i++) sample[i] += number;
    give(a);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    rtk_twin_catch(on_signal);
    *instance = NULL;
    return RTK_OK;
}

static void add_block(arena *a, double *y, const double *x) {
    double *work = take(a);
    for (size_t i = 0; i < BLOCK; i++) work[i] += x[i];
    for (size_t i = 0; i < BLOCK; i++) y[i] += work[i];
    give(a);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    arena mine = {0};
    (void)self, (void)instance, (void)call;
    pthread_setspecific(current, &mine);
    memset(rtk_twin_y(views), 0, RTK_TWIN_COUNT * sizeof(double));
    for (int pass = 0; pass < RTK_TWIN_PASSES; pass++)
        for (size_t lo = 0; lo < RTK_TWIN_COUNT; lo += BLOCK)
            add_block(&mine, rtk_twin_y(views) + lo, rtk_twin_x(views) + lo);
    pthread_setspecific(current, NULL);
    return RTK_OK;
}

RTK_TWIN(reentered_arena, .run = run, .open = start, .close = rtk_twin_keep)
