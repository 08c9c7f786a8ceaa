#include "harness/oracles/growth.h"

#include <stdlib.h>

enum { ROUNDS_MAX = 64, ROUNDS_LEAST = 4 };

static int compare(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

uint64_t rtk_growth_each(const uint64_t *sample, size_t n) {
    int64_t step[ROUNDS_MAX];
    size_t steps = n ? n - 1 : 0, up = 0;
    if (steps > ROUNDS_MAX) steps = ROUNDS_MAX;
    if (steps < ROUNDS_LEAST) return 0;
    for (size_t i = 0; i < steps; i++) {
        step[i] = (int64_t)(sample[i + 1] - sample[i]);
        up += step[i] > 0;
    }
    if (4 * up < 3 * steps) return 0;
    qsort(step, steps, sizeof *step, compare);
    return (uint64_t)step[steps / 2];
}
