/* All callers write one array, each its own slice; a slice is one element too
 * long, and that one belongs to the next caller. */
#include "stress/faults/fault_common.h"

/* The first element of the slice of actor `i`. */
static size_t slice(const rtk_call *call, unsigned i) {
    return (size_t)RTK_TWIN_COUNT * i / call->actors;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    size_t lo = slice(call, call->actor), hi = slice(call, call->actor + 1);
    (void)self, (void)instance;
    if (RTK_PLANT(neighbour_slot) && hi < RTK_TWIN_COUNT) hi++;
    rtk_twin_add_up(rtk_twin_y(views), rtk_twin_x(views), lo, hi);
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args;
    rtk_twin_truth(views, slice(call, call->actor),
                   slice(call, call->actor + 1), truth);
    return RTK_OK;
}

RTK_TWIN(neighbour_slot, .run = run, .check = check, .share = RTK_SHARE_ALWAYS)
