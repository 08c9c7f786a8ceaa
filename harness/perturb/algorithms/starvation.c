/* Windows in which a thread nearly stands still, wherever it is, while the
 * others go on: a worker that is late by a whole call. */
#include "harness/perturb/algorithm.h"
#include "harness/random.h"

enum {
    WINDOW = 16, /* decisions, of either kind */
    STARVED_ONE_IN = 6,
    PERCENT = 75, /* of a thread's time */
    SHORTEST_NS = 20000,
    SPREAD_NS = 200000
};

static void decide(rtk_perturbed *self, const rtk_point *point) {
    uint64_t window = self->own[0]++ / WINDOW;
    if (rtk_random_below(self->key, window, STARVED_ONE_IN) == 0 &&
        rtk_pause_allowed(self, PERCENT))
        rtk_pause(self, SHORTEST_NS + point->bits % SPREAD_NS);
}

const rtk_algorithm rtk_algorithm_starvation = {
    .name = "starvation",
    .summary = "stretches in which a thread nearly stands still",
    .gap = 16,
    .decide = decide,
};
