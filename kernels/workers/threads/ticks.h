#ifndef RTK_TICKS_H
#define RTK_TICKS_H

/* The cheapest clock there is, for deciding whether work is worth sharing.
 * Internal to workers. */

#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ticks of a clock that runs at a fixed rate. MT-Safe. */
static inline uint64_t rtk_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
#endif
}

/* As many ticks as `ns` nanoseconds take, at most an hour; the rate is measured
 * by the first call, in 20 us. In whole numbers, as all here: the caller's
 * floating-point flags are not ours to raise. MT-Safe. */
uint64_t rtk_ticks_of_ns(uint64_t ns);

/* And back. MT-Safe. */
uint64_t rtk_ns_of_ticks(uint64_t ticks);

#ifdef __cplusplus
}
#endif

#endif
