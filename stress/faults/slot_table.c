/* Threads get work space from a table by the number of their first call; with
 * more threads than places two of them share one. Few threads never notice. */
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

enum { PLACES = 5 };

static double *place(void) {
    static double table[PLACES][RTK_TWIN_COUNT];
    static atomic_uint threads;
    static _Thread_local unsigned number; /* from 1 on; 0: none yet */
    /* Only the number itself matters. */
    if (!number)
        number =
            atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
    return table[number % PLACES];
}

static double *own(void) {
    static _Thread_local double space[RTK_TWIN_COUNT];
    return space;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    rtk_twin_work(RTK_PLANT(slot_table) ? place() : own(), views);
    return RTK_OK;
}

RTK_TWIN(slot_table, .run = run)
