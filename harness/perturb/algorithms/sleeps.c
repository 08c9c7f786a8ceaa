/* Short sleeps at any point alike: a thread that sleeps between two accesses
 * lets the others through. The yields between spread the threads. */
#include "harness/perturb/algorithm.h"

enum { ONE_IN = 16, PERCENT = 75, LONGEST_NS = 100000 };

static void decide(rtk_perturbed *self, const rtk_point *point) {
    if (point->bits % ONE_IN == 0 && rtk_pause_allowed(self, PERCENT))
        rtk_pause(self, 1 + (point->bits >> 16) % LONGEST_NS);
    else
        rtk_pause_yield();
}

const rtk_algorithm rtk_algorithm_sleeps = {
    .name = "sleeps",
    .summary = "up to 0.1 ms of sleep at one access in 256, yields between",
    .gap = 16,
    .decide = decide,
};
