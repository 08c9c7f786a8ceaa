#ifndef RTK_COUNTER_RANDOM_H
#define RTK_COUNTER_RANDOM_H

/* Random numbers that depend on (seed, index) alone, so that any thread may
 * draw any of them: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose
 * state after `index` steps is seed + index * its constant. Internal to stats/.
 */

#include <stdint.h>

/* 64 random bits. MT-Safe. */
static inline uint64_t rtk_random_bits(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A whole number below `bound`, which is 1 .. 2^32; the bias is below
 * bound / 2^64. MT-Safe. */
static inline uint64_t rtk_random_below(uint64_t seed, uint64_t index,
                                        uint64_t bound) {
    uint64_t bits = rtk_random_bits(seed, index);
    /* The upper half of a product of 96 bits. */
    return ((bits >> 32) * bound + ((bits & UINT32_MAX) * bound >> 32)) >> 32;
}

/* A number in (0, 1). MT-Safe. */
static inline double rtk_random_open(uint64_t seed, uint64_t index) {
    return ((double)(rtk_random_bits(seed, index) >> 12) + 0.5) * 0x1p-52;
}

#endif
