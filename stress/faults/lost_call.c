/* An instance counts the blocks that it has done, for statistics: no result of
 * a call shows whether the number is right, only all of them together do. The
 * counter is read and written back in two atomic steps. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 30, SLOTS = 256 };

/* Relaxed throughout: only numbers, read after the join. */
typedef struct statistics {
    _Alignas(64) atomic_ulong done;
    _Alignas(64) atomic_uint inside; /* calls at this moment */
    atomic_bool met;                 /* there were two at some moment */
    struct {
        _Alignas(64) atomic_ulong done; /* by this caller */
    } by[SLOTS];
} statistics;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    statistics *s = aligned_alloc(64, sizeof *s);
    if (!s) return RTK_ENOMEM;
    *s = (statistics){0};
    *instance = s;
    return RTK_OK;
}

static void count(statistics *s, unsigned caller) {
    atomic_fetch_add_explicit(&s->by[caller % SLOTS].done, 1,
                              memory_order_relaxed);
    if (RTK_PLANT(lost_call)) {
        unsigned long done =
            atomic_load_explicit(&s->done, memory_order_relaxed);
        atomic_store_explicit(&s->done, done + 1, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&s->done, 1, memory_order_relaxed);
    }
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    statistics *s = instance;
    (void)self;
    if (atomic_fetch_add_explicit(&s->inside, 1, memory_order_relaxed))
        atomic_store_explicit(&s->met, true, memory_order_relaxed);
    for (size_t lo = 0; lo < RTK_TWIN_COUNT; lo += BLOCK) {
        rtk_twin_add_up(rtk_twin_y(views), rtk_twin_x(views), lo, lo + BLOCK);
        count(s, call->actor);
    }
    atomic_fetch_sub_explicit(&s->inside, 1, memory_order_relaxed);
    return RTK_OK;
}

static rtk_status observe(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room) {
    statistics *s = instance;
    unsigned long sum = 0;
    (void)self, (void)actors, (void)n;
    for (size_t i = 0; i < SLOTS; i++)
        sum += atomic_load_explicit(&s->by[i].done, memory_order_relaxed);
    bool all = sum == atomic_load_explicit(&s->done, memory_order_relaxed);
    bool met = atomic_load_explicit(&s->met, memory_order_relaxed);
    snprintf(outcome, room, "%s, callers %s", all ? "all counted" : "some lost",
             met ? "met" : "never met");
    return RTK_OK;
}

static const rtk_outcome outcomes[] = {
    {sizeof *outcomes, "some lost, *", RTK_FORBIDDEN,
     "a block was done and not counted"},
    {sizeof *outcomes, "all counted, callers met", RTK_REQUIRED,
     "calls that never meet try nothing"},
    {sizeof *outcomes, "all counted, callers never met", RTK_ACCEPTABLE, NULL},
};

RTK_TWIN(lost_call, .run = run, .open = start, .close = rtk_twin_free,
         .observe = observe, .outcomes = outcomes,
         .n_outcomes = sizeof outcomes / sizeof *outcomes)
