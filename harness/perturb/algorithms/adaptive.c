/* Delays within a budget, and fewer at what was delayed already: an object is
 * delayed at its 1st, 2nd, 4th, ... decision, so a hot one does not use up what
 * a rare one needs. */
#include <stdatomic.h>

#include "harness/perturb/algorithm.h"

enum {
    OBJECTS = 2048,
    PERCENT = 40, /* of a thread's time */
    ACCESS_NS = 50000,
    CALL_NS = 500000
};

/* Decisions so far at the objects of a place. Any thread; a lost count means a
 * delay more. */
static atomic_uint seen[OBJECTS];

static bool due(uintptr_t object) {
    uint64_t hash = (object >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    atomic_uint *n = &seen[(hash >> 40) % OBJECTS];
    unsigned count = atomic_load_explicit(n, memory_order_relaxed) + 1;
    atomic_store_explicit(n, count, memory_order_relaxed);
    return (count & (count - 1)) == 0;
}

static void decide(rtk_perturbed *self, const rtk_point *point) {
    if (!due(point->object) || !rtk_pause_allowed(self, PERCENT)) return;
    uint64_t longest = rtk_point_is_call(point->kind) ? CALL_NS : ACCESS_NS;
    rtk_pause(self, 1 + point->bits % longest);
}

const rtk_algorithm rtk_algorithm_adaptive = {
    .name = "adaptive",
    .summary = "delays of at most 2/5 of the time, spread over the objects",
    .gap = 8,
    .decide = decide,
};
