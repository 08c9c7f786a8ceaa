/* A call sets a number of the instance and tells what it was before, as setters
 * of thread counts do. It reads the old number, looks whether the new one will
 * do, and stores it: two callers may be told the same old number, as if one of
 * the two settings had never been. Every number that is told was set by
 * somebody, and the last one stays: only the order is impossible. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct setting {
    _Atomic uint64_t number;
} setting;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = calloc(1, sizeof(setting));
    return *instance ? RTK_OK : RTK_ENOMEM;
}

/* No two calls set the same. */
static uint64_t number_of(const rtk_call *call) {
    return (call->round + 1) * RTK_TWIN_COUNT + call->actor;
}

/* What there is to do with every number is possible with this one. */
static bool possible(const double *x, uint64_t number) {
    double sum = 0;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) sum += x[i];
    return sum * (double)number > 0;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    setting *s = instance;
    uint64_t number = number_of(call);
    (void)self;
    rtk_twin_add_up(rtk_twin_y(views), rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    /* Sequentially consistent: the calls have one order. */
    call->result = atomic_load_explicit(&s->number, memory_order_seq_cst);
    if (!possible(rtk_twin_x(views), number)) return RTK_EINVAL;
    if (RTK_PLANT(split_exchange))
        atomic_store_explicit(&s->number, number, memory_order_seq_cst);
    else
        call->result =
            atomic_exchange_explicit(&s->number, number, memory_order_seq_cst);
    return RTK_OK;
}

static void model_start(void *self, const rtk_args *args, void *state) {
    (void)self, (void)args;
    *(uint64_t *)state = 0;
}

static rtk_status model(void *self, void *state, rtk_call *call) {
    uint64_t *number = state;
    (void)self;
    call->result = *number;
    *number = number_of(call);
    return RTK_OK;
}

/* Results are told apart by their order. */
RTK_TWIN(split_exchange, .run = run, .open = start, .close = rtk_twin_free,
         .repeatable = RTK_TIER_C, .model = model,
         .model_bytes = sizeof(uint64_t), .model_start = model_start)
