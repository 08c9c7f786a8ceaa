/* The library counts its calls, for whoever asks for statistics; the counter is
 * a plain static number that all callers add to. */
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

static uint64_t plain_calls;
static _Atomic uint64_t calls;

static void count(void) {
    if (RTK_PLANT(counter_race))
        plain_calls++;
    else /* A number only: nothing else is told by it. */
        atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    count();
    rtk_twin_work(work, views);
    return RTK_OK;
}

RTK_TWIN(counter_race, .run = run)
