/* Long holds at atomics and calls alone: a thread stands before its exchange
 * while others take what it has read, use it and bring it back. The lengths
 * spread over four powers of ten, as nobody knows how long that takes. */
#include "harness/perturb/algorithm.h"

enum { ONE_IN = 6, PERCENT = 85, SHORTEST_NS = 4000, DOUBLINGS = 11 };

static void decide(rtk_perturbed *self, const rtk_point *point) {
    uint64_t bits = point->bits;
    if (point->kind < RTK_POINT_LOAD || bits % ONE_IN ||
        !rtk_pause_allowed(self, PERCENT))
        return;
    uint64_t length = (uint64_t)SHORTEST_NS << (bits >> 8) % DOUBLINGS;
    rtk_pause(self, length + (bits >> 16) % length);
}

const rtk_algorithm rtk_algorithm_holds = {
    .name = "holds",
    .summary = "up to 8 ms of sleep at one atomic in twelve, and at calls",
    .gap = 16,
    .decide = decide,
};
