/* A small table, a word an entry, without locks. Two kinds that meet in one
 * place forget each other: a loss of speed, not of sense. */

#include "kernels/workers/threads/part_cost.h"

#include <stdatomic.h>

/* LEAP: dearer than that many times at once is not believed. Costs are kept in
 * 1/FINE ticks. */
enum { ENTRIES = 256, LEAP = 16, FADE = 4, FINE = 16 };

/* The kind's hash << 32 | its cost + 1; 0 is empty. */
static _Atomic uint64_t table[ENTRIES];

/* The finaliser of SplitMix64. */
static uint64_t mix(const void *key) {
    uint64_t z = (uintptr_t)key;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool is_of(uint64_t entry, uint64_t hash) {
    return entry && entry >> 32 == hash >> 32;
}

static uint64_t cost_in(uint64_t entry) {
    return (entry & UINT32_MAX) - 1;
}

bool rtk_part_cost(const void *key, size_t parts, uint64_t *ticks) {
    uint64_t hash = mix(key), total;
    /* Relaxed: advice, complete in one word. */
    uint64_t entry =
        atomic_load_explicit(&table[hash % ENTRIES], memory_order_relaxed);
    if (!is_of(entry, hash)) return false;
    bool over = __builtin_mul_overflow(cost_in(entry), parts, &total);
    *ticks = over ? UINT64_MAX : total / FINE;
    return true;
}

static uint64_t blend(uint64_t known, uint64_t seen) {
    uint64_t leap = LEAP * known + FINE;
    if (seen > known) return seen < leap ? seen : leap;
    return known - (known - seen) / FADE;
}

void rtk_part_cost_learn(const void *key, size_t parts, uint64_t ticks) {
    uint64_t hash = mix(key);
    _Atomic uint64_t *entry = &table[hash % ENTRIES];
    uint64_t before = atomic_load_explicit(entry, memory_order_relaxed);
    uint64_t cost =
        ticks < UINT64_MAX / FINE ? ticks * FINE / parts : UINT64_MAX / parts;
    if (is_of(before, hash)) cost = blend(cost_in(before), cost);
    if (cost > UINT32_MAX - 1) cost = UINT32_MAX - 1;
    uint64_t after = hash >> 32 << 32 | (cost + 1);
    if (after != before)
        atomic_store_explicit(entry, after, memory_order_relaxed);
}
