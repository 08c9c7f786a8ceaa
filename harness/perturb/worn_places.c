#include "harness/perturb/worn_places.h"

#include <stddef.h>

/* A power of two; beyond half of it no more are taken in. */
enum { PLACES = 1024, FULL = PLACES / 2 };

/* Of a multiplicative hash: 2^64 by the golden ratio. */
static const uint64_t MIX = UINT64_C(0x9e3779b97f4a7c15);

atomic_bool rtk_worn_any;
static atomic_uint noted;

/* Written under the report lock, read by all threads, relaxed: a place that is
 * seen late is shown once more. */
static struct {
    atomic_uintptr_t pc; /* 0: free; never changes otherwise */
    atomic_uint reports;
} places[PLACES];

/* Where `pc` is, or is to be. */
static size_t find(uintptr_t pc) {
    size_t i = (pc * MIX) >> 54;
    for (uintptr_t there;; i = (i + 1) % PLACES) {
        there = atomic_load_explicit(&places[i].pc, memory_order_relaxed);
        if (there == pc || !there) return i;
    }
}

bool rtk_worn_skip(uintptr_t pc, uint64_t bits) {
    /* A free place has no reports. */
    unsigned halved =
        atomic_load_explicit(&places[find(pc)].reports, memory_order_relaxed) /
        RTK_WORN_STEP;
    if (halved > RTK_WORN_MOST) halved = RTK_WORN_MOST;
    return halved && (bits * MIX) >> (64 - halved);
}

void rtk_worn_note(uintptr_t pc) {
    static size_t taken;
    size_t i = find(pc);
    if (!pc) return;
    if (!atomic_load_explicit(&places[i].pc, memory_order_relaxed)) {
        if (taken == FULL) return;
        taken++;
        atomic_store_explicit(&places[i].pc, pc, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&noted, 1, memory_order_relaxed);
    unsigned before =
        atomic_fetch_add_explicit(&places[i].reports, 1, memory_order_relaxed);
    if (before + 1 >= RTK_WORN_STEP)
        atomic_store_explicit(&rtk_worn_any, true, memory_order_relaxed);
}

unsigned rtk_worn_noted(void) {
    return atomic_load_explicit(&noted, memory_order_relaxed);
}
