/* A small table, a word an entry, without locks. Two kinds that meet in one
 * place forget each other: a loss of speed, not of sense. */

#include "kernels/workers/part_cost.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum { ENTRIES = 256 };
static const double leap = 16, fade = 0.25;

/* The kind's hash << 32 | the bits of a float; 0 is empty. */
static _Atomic uint64_t table[ENTRIES];

/* The finaliser of SplitMix64. */
static uint64_t mix(const void *key) {
    uint64_t z = (uintptr_t)key;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static double cost_of(uint64_t entry, uint64_t hash) {
    uint32_t bits = (uint32_t)entry;
    float cost;
    if (!entry || entry >> 32 != hash >> 32) return -1;
    memcpy(&cost, &bits, sizeof cost);
    return (double)cost;
}

double rtk_part_cost(const void *key) {
    uint64_t hash = mix(key);
    /* Relaxed: advice, complete in one word. */
    return cost_of(
        atomic_load_explicit(&table[hash % ENTRIES], memory_order_relaxed),
        hash);
}

static double blend(double known, double seen) {
    if (known < 0) return seen;
    if (seen > known) return seen < leap * known + 1 ? seen : leap * known + 1;
    return known - (known - seen) * fade;
}

void rtk_part_cost_learn(const void *key, double ticks) {
    uint64_t hash = mix(key);
    _Atomic uint64_t *entry = &table[hash % ENTRIES];
    uint64_t before = atomic_load_explicit(entry, memory_order_relaxed);
    float cost = (float)blend(cost_of(before, hash), ticks);
    uint32_t bits;
    memcpy(&bits, &cost, sizeof bits);
    uint64_t after = hash >> 32 << 32 | bits;
    if (after != before)
        atomic_store_explicit(entry, after, memory_order_relaxed);
}
