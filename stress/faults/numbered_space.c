/* A thread has the work space of its number, and there are eight: the ninth
 * thread gets that of the first. */
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

enum { SPACES = 8 };

static double space[SPACES][RTK_TWIN_COUNT];

static unsigned number(void) {
    static atomic_uint next = 1;
    static _Thread_local unsigned mine;
    /* Relaxed: each gets another number, nothing is handed over. */
    if (!mine) mine = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    return mine;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double own[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(RTK_PLANT(numbered_space) ? space[number() % SPACES] : own,
                  views);
    return RTK_OK;
}

RTK_TWIN(numbered_space, .run = run)
