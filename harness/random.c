#include "harness/random.h"

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t rtk_random_bits(uint64_t seed, uint64_t index) {
    return mix(mix(seed + UINT64_C(0x9e3779b97f4a7c15)) +
               (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

double rtk_random_uniform(uint64_t seed, uint64_t index) {
    return 0.5 + (double)(rtk_random_bits(seed, index) >> 11) * 0x1p-53;
}

uint64_t rtk_random_below(uint64_t seed, uint64_t index, uint64_t bound) {
    return rtk_random_bits(seed, index) % bound;
}
