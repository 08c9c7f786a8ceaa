/* Many scopes in a row, for scope_cost.py: called once, so that what Python's
 * calls cost is not counted. */

#include <stdint.h>
#include <time.h>

#include "kernels/threadpools/pool_limits.h"

#define EXPORT __attribute__((visibility("default")))

/* Nanoseconds that `rounds` scopes took, each of `threads` for `api`; negative
 * when one failed. */
EXPORT double scope_loop(rtk_pools *pools, int api, int threads,
                         unsigned rounds);

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double scope_loop(rtk_pools *pools, int api, int threads, unsigned rounds) {
    double start = now_ns();
    for (unsigned i = 0; i < rounds; i++) {
        rtk_limits *scope = NULL;
        if (rtk_limits_begin_api(pools, (rtk_pool_api)api, threads, &scope) ||
            rtk_limits_end(scope, NULL))
            return -1;
    }
    return now_ns() - start;
}
