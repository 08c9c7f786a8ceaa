#include "kernels/workers/ticks.h"

#include <stdatomic.h>

enum { MEASURE_NS = 20000 };

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static double measure(void) {
    uint64_t start_ns = now_ns(), start = rtk_ticks(), ns = 0;
    while (ns < MEASURE_NS) ns = now_ns() - start_ns;
    uint64_t ticks = rtk_ticks() - start;
    return ticks ? (double)ticks / (double)ns : 1;
}

double rtk_ticks_per_ns(void) {
    static _Atomic double known;
    /* Relaxed: the value is all that is handed over, and two threads that
     * measure at once store nearly the same. */
    double rate = atomic_load_explicit(&known, memory_order_relaxed);
    if (rate > 0) return rate;
    rate = measure();
    atomic_store_explicit(&known, rate, memory_order_relaxed);
    return rate;
}
