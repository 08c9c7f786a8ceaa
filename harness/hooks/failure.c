#include "harness/hooks/failure.h"

_Thread_local bool rtk_failure_armed;

static _Thread_local struct {
    bool on, onward;
    unsigned count, nth;
} self[RTK_FAILURE_KINDS];

/* Written when the program starts. */
static bool hooked[RTK_FAILURE_KINDS];

void rtk_failure_arm(rtk_failure_kind kind, unsigned nth, bool onward) {
    self[kind].on = true;
    self[kind].count = 0;
    self[kind].nth = nth;
    self[kind].onward = onward;
    rtk_failure_armed = true;
}

void rtk_failure_disarm(void) {
    rtk_failure_armed = false;
    for (unsigned k = 0; k < RTK_FAILURE_KINDS; k++) self[k].on = false;
}

unsigned rtk_failure_count(rtk_failure_kind kind) {
    return self[kind].count;
}

bool rtk_failure_next(rtk_failure_kind kind) {
    if (!self[kind].on) return false;
    unsigned count = ++self[kind].count, nth = self[kind].nth;
    return count == nth || (self[kind].onward && nth && count > nth);
}

bool rtk_failure_possible(rtk_failure_kind kind) {
    return hooked[kind];
}

void rtk_failure_hooked(rtk_failure_kind kind) {
    hooked[kind] = true;
}
