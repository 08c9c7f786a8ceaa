/* Each caller counts its calls in a place of its own, side by side in a cache
 * line. The fault has half as many places as callers; its twin is slow, from
 * sharing the line, but sound, and must not be accused. */
#include "stress/faults/fault_common.h"

enum { PLACES = 4096 };

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    static uint64_t calls[PLACES];
    double work[RTK_TWIN_COUNT];
    size_t place = RTK_PLANT(packed_counters) ? call->actor / 2 : call->actor;
    (void)self, (void)instance;
    rtk_twin_work(work, views);
    if (place < PLACES) calls[place]++;
    return RTK_OK;
}

RTK_TWIN(packed_counters, .run = run)
