#ifndef RTK_RANDOM_H
#define RTK_RANDOM_H

/* Counter-based random numbers: every value depends on (seed, index) alone,
 * so any actor can draw in any order and a seed replays every decision. */

#include <stdint.h>

/* 64 random bits for (seed, index): two rounds of the SplitMix64 finaliser
 * (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
 * MT-Safe. */
uint64_t rtk_random_bits(uint64_t seed, uint64_t index);

/* A number in [0.5, 1.5), so that sums have no denormals and no zero.
 * MT-Safe. */
double rtk_random_uniform(uint64_t seed, uint64_t index);

/* A whole number in 0 .. bound-1; bound >= 1. MT-Safe. */
uint64_t rtk_random_below(uint64_t seed, uint64_t index, uint64_t bound);

#endif
