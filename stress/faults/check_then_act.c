/* An instance lends out work slots. A slot is looked at, cleared and then
 * marked as taken: each step atomic, the whole not, so that two callers can get
 * one slot. ThreadSanitizer sees atomics only; the values tell. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* A slot has room for the largest problem, not only for ours. */
enum { SLOTS = 64, ROOM = 64 * RTK_TWIN_COUNT };

typedef struct slot {
    atomic_bool taken;
    _Atomic double work[ROOM];
} slot;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = calloc(SLOTS, sizeof(slot));
    return *instance ? RTK_OK : RTK_ENOMEM;
}

static void clear(slot *s) {
    for (size_t i = 0; i < ROOM; i++)
        atomic_store_explicit(&s->work[i], 0, memory_order_relaxed);
}

/* Whether the slot was free; then it is the caller's, and clear. */
static bool take(slot *s) {
    bool is_free = false;
    if (RTK_PLANT(check_then_act)) {
        if (atomic_load_explicit(&s->taken, memory_order_acquire)) return false;
        clear(s);
        atomic_store_explicit(&s->taken, true, memory_order_relaxed);
        return true;
    }
    /* Acquire: what the last owner did. Pairs with the release in run(). */
    if (!atomic_compare_exchange_strong_explicit(&s->taken, &is_free, true,
                                                 memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    clear(s);
    return true;
}

/* As rtk_twin_add_up(), in atomics. */
static void add_up(slot *s, const double *x) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        for (int pass = 0; pass < RTK_TWIN_PASSES; pass++) {
            double sum =
                atomic_load_explicit(&s->work[i], memory_order_relaxed);
            atomic_store_explicit(&s->work[i], sum + x[i],
                                  memory_order_relaxed);
        }
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    slot *s = instance, *end = s + SLOTS;
    double *y = rtk_twin_y(views);
    (void)self;
    while (s < end && !take(s)) s++;
    call->message = "all slots are taken";
    if (s == end) return RTK_EFAILED;
    add_up(s, rtk_twin_x(views));
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        y[i] = atomic_load_explicit(&s->work[i], memory_order_relaxed);
    /* Pairs with the acquire in take(). */
    atomic_store_explicit(&s->taken, false, memory_order_release);
    return RTK_OK;
}

RTK_TWIN(check_then_act, .run = run, .open = start, .close = rtk_twin_free)
