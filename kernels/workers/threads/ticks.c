#include "kernels/workers/threads/ticks.h"

#include <stdatomic.h>

enum { MEASURE_NS = 20000 };
#define LONGEST_NS UINT64_C(3600000000000)

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Ticks in MEASURE_NS. */
static uint64_t measure(void) {
    uint64_t start_ns = now_ns(), start = rtk_ticks(), ns = 0;
    while (ns < MEASURE_NS) ns = now_ns() - start_ns;
    uint64_t ticks = (rtk_ticks() - start) * MEASURE_NS / ns;
    return ticks ? ticks : 1;
}

static uint64_t rate(void) {
    static _Atomic uint64_t known;
    /* Relaxed: the value is all that is handed over, and two threads that
     * measure at once store nearly the same. */
    uint64_t ticks = atomic_load_explicit(&known, memory_order_relaxed);
    if (ticks) return ticks;
    ticks = measure();
    atomic_store_explicit(&known, ticks, memory_order_relaxed);
    return ticks;
}

/* a * b / c without overflow on the way, for b and c up to 2^32. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c) {
    return a / c * b + a % c * b / c;
}

uint64_t rtk_ticks_of_ns(uint64_t ns) {
    return scale(ns < LONGEST_NS ? ns : LONGEST_NS, rate(), MEASURE_NS);
}

uint64_t rtk_ns_of_ticks(uint64_t ticks) {
    return scale(ticks, MEASURE_NS, rate());
}
