/* Pair-directed delay, after RaceFuzzer (Sen, PLDI 2008): sites that touched
 * one address from two threads are learned; a thread at such a site is held
 * until another comes to the same address, so that the two are as close as
 * threads can be. Half of those who come leave it held and go on, so that all
 * they do happens between what it did last and what it is about to do.
 *
 * Sites where nobody comes (what a lock orders, say) are held ever less. */
#include <stdatomic.h>

#include "harness/perturb/learned.h"

enum {
    HOLDS = 256,
    TAKEN = 1,
    WRITES = 2,
    PERCENT = 40, /* of a thread's time */
    NEW_PERCENT = 80,
    CALL_PERCENT = 10,
    NEW = 16,      /* holds */
    SCALE = 65536, /* of chances */
    FLOOR = 8,
    LONGEST_NS = 2000000,
    SHORTEST_NS = 50000
};

/* Who is held where: 0, or the object's hash | TAKEN | WRITES. A held thread
 * sleeps on its word; the one that comes clears it and wakes it. */
static _Atomic uint32_t held[HOLDS];

static uint32_t tag(const rtk_point *point) {
    uint64_t hash = (uint64_t)(point->object >> 3);
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    uint32_t writes = rtk_point_writes(point->kind) ? WRITES : 0;
    return (uint32_t)(hash >> 34) << 2 | writes | TAKEN;
}

/* Wake the thread that is held here, if this access conflicts with its own. */
static void arrive(_Atomic uint32_t *word, uint32_t before,
                   const rtk_point *point) {
    if (point->bits & 1) return;
    if (!atomic_compare_exchange_strong_explicit(
            word, &before, 0, memory_order_relaxed, memory_order_relaxed))
        return;
    rtk_pause_wake(word);
    if (point->bits & 2) rtk_pause_yield();
}

/* Share of a thread's time that holds may take here: what is new may use more
 * than what is hot, and locks, where others always come, the least. */
static unsigned percent(const rtk_point *point, uint64_t tries) {
    if (rtk_point_is_call(point->kind)) return CALL_PERCENT;
    return tries < NEW ? NEW_PERCENT : PERCENT;
}

/* Whether to hold a thread at `site` now: always at a new one, then by the
 * cube of the share of holds that were worth it. */
static bool worth(const rtk_perturbed *self, const rtk_site *site,
                  const rtk_point *point) {
    uint64_t met = atomic_load_explicit(&site->met, memory_order_relaxed);
    uint64_t tries = atomic_load_explicit(&site->held, memory_order_relaxed);
    uint64_t share = SCALE * (met + 1) / (tries + 1);
    uint64_t chance = 8 * share * share / SCALE * share / SCALE;
    if (rtk_point_is_call(point->kind)) chance /= 16;
    if (chance < FLOOR) chance = FLOOR;
    return (point->bits >> 8) % SCALE < chance &&
           rtk_pause_allowed(self, percent(point, tries));
}

static void hold(rtk_perturbed *self, rtk_site *site, _Atomic uint32_t *word,
                 const rtk_point *point) {
    uint32_t free = 0, mine = tag(point);
    if (!atomic_compare_exchange_strong_explicit(
            word, &free, mine, memory_order_relaxed, memory_order_relaxed))
        return;
    rtk_pause_while(self, word, mine,
                    SHORTEST_NS + (point->bits >> 24) % LONGEST_NS);
    bool came = !atomic_compare_exchange_strong_explicit(
        word, &mine, 0, memory_order_relaxed, memory_order_relaxed);
    atomic_fetch_add_explicit(&site->held, 1, memory_order_relaxed);
    if (came) atomic_fetch_add_explicit(&site->met, 1, memory_order_relaxed);
}

static void decide(rtk_perturbed *self, const rtk_point *point) {
    rtk_sites_learn(self->name, point);
    uint32_t mine = tag(point);
    _Atomic uint32_t *word = &held[(mine >> 2) % HOLDS];
    uint32_t before = atomic_load_explicit(word, memory_order_relaxed);
    if (before) {
        bool same = (before ^ mine) >> 2 == 0;
        if (same && ((before | mine) & WRITES)) arrive(word, before, point);
        return;
    }
    rtk_site *site = rtk_sites_find(point->pc);
    /* Half of the threads are not held at locks, which all of them take. */
    if (rtk_point_is_call(point->kind) && self->key & 1) return;
    if (site && worth(self, site, point)) hold(self, site, word, point);
}

const rtk_algorithm rtk_algorithm_pairs = {
    .name = "pairs",
    .summary = "hold one side of a learned conflict until the other comes",
    .gap = 1,
    .decide = decide,
};
