/* Give the CPU away often: with more threads than CPUs each point is where
 * another thread may go on. */
#include "harness/perturb/algorithm.h"

static void decide(rtk_perturbed *self, const rtk_point *point) {
    (void)self;
    if (rtk_point_is_call(point->kind) && point->bits % 2) return;
    rtk_pause_yield();
}

const rtk_algorithm rtk_algorithm_yield = {
    .name = "yield",
    .summary = "let another thread run, at one access in 16",
    .gap = 16,
    .decide = decide,
};
