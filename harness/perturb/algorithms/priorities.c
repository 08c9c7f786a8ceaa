/* Priorities after PCT: a thread whose priority is not the highest is held at
 * its points as long as the highest one shows that it runs; now and then a
 * thread draws another priority. So one thread gets far ahead of the others, in
 * an order that the machine's scheduler would hardly choose. */
#include <stdatomic.h>

#include "harness/perturb/algorithm.h"

enum {
    CHANGE_ONE_IN = 16, /* decisions */
    SLICE_NS = 50000,
    SLICES = 20,
    PERCENT = 75
};

/* priority << 32 | beat: the highest priority and how often its thread was at a
 * point. Any thread; relaxed, as a stale value costs one slice. */
static _Atomic uint64_t top;

static void lead(uint64_t priority, uint64_t seen) {
    uint64_t next = priority << 32 | (uint32_t)(seen + 1);
    atomic_store_explicit(&top, next, memory_order_relaxed);
}

static void decide(rtk_perturbed *self, const rtk_point *point) {
    if (self->own[0] == 0 || point->bits % CHANGE_ONE_IN == 0)
        self->own[0] = 1 + (point->bits >> 33);
    uint64_t mine = self->own[0];
    uint64_t seen = atomic_load_explicit(&top, memory_order_relaxed);
    for (int i = 0; i < SLICES && mine < seen >> 32; i++) {
        if (!rtk_pause_allowed(self, PERCENT)) return;
        rtk_pause(self, SLICE_NS);
        uint64_t now = atomic_load_explicit(&top, memory_order_relaxed);
        /* It waits or has ended: the next one leads. */
        if (now == seen) break;
        seen = now;
    }
    lead(mine, seen);
}

const rtk_algorithm rtk_algorithm_priorities = {
    .name = "priorities",
    .summary = "the thread of the highest drawn priority runs ahead",
    .gap = 8,
    .decide = decide,
};
