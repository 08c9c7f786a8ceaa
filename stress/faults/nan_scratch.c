/* A work space is claimed to be clean when it is lent out; who finds a NaN in
 * its input leaves it there, and the next caller adds to it. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct space {
    atomic_flag lent; /* of work */
    double work[RTK_TWIN_COUNT];
} space;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = calloc(1, sizeof(space));
    return *instance ? RTK_OK : RTK_ENOMEM;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double own[RTK_TWIN_COUNT];
    space *s = instance;
    (void)self, (void)call;
    bool shared = RTK_PLANT(nan_scratch) && !atomic_flag_test_and_set_explicit(
                                                &s->lent, memory_order_acquire);
    double *work = shared ? s->work : own;
    for (size_t i = 0; !shared && i < RTK_TWIN_COUNT; i++) work[i] = 0;
    for (int pass = 0; pass < RTK_TWIN_PASSES; pass++)
        for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
            work[i] += rtk_twin_x(views)[i];
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        rtk_twin_y(views)[i] = work[i];
        work[i] = 0;
    }
    if (shared && call->round % 8 == 7) work[call->actor] = NAN;
    /* Pairs with the acquire of the next. */
    if (shared) atomic_flag_clear_explicit(&s->lent, memory_order_release);
    return RTK_OK;
}

RTK_TWIN(nan_scratch, .run = run, .open = start, .close = rtk_twin_free)
