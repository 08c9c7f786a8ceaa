#include "bench/peers/loop_bodies.h"

#include "harness/clock.h"

enum { STEPS_A_US = 800, LOOKS = 64, MEET_NS = 100000 };

/* Its address tells threads apart. */
static _Thread_local char self;

/* What rtk_body_first_at() was given; the calling thread's. */
static _Thread_local uint64_t *first_at;

static size_t party = 1; /* parts of a meeting; set before any */
static _Alignas(64) _Atomic uint64_t arrived;

static inline void note(void *arg, size_t part) {
    rtk_witness *w = arg;
    if (!w) return;
    /* Relaxed: read after the loop, which orders it. */
    atomic_fetch_add_explicit(&w->part[part].times, 1, memory_order_relaxed);
    atomic_store_explicit(&w->part[part].thread, &self, memory_order_relaxed);
}

static inline void grind(size_t part, unsigned us) {
    uint64_t x = part;
    for (unsigned i = 0; i < us * STEPS_A_US; i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        /* The compiler must not see through the loop. */
        __asm__("" : "+r"(x));
    }
}

static rtk_status empty(void *arg, size_t part) {
    note(arg, part);
    return RTK_OK;
}

#define WORK(name, us)                                                         \
    static rtk_status work_##us(void *arg, size_t part) {                      \
        note(arg, part);                                                       \
        grind(part, us);                                                       \
        return RTK_OK;                                                         \
    }                                                                          \
    const rtk_body rtk_body_##us = {name, us, work_##us};
WORK("2 us a part", 2)
WORK("5 us a part", 5)
WORK("20 us a part", 20)
WORK("50 us a part", 50)
WORK("300 us a part", 300)

/* The count goes on from loop to loop: a loop is met when it has reached the
 * next multiple. */
static rtk_status meet(void *arg, size_t part) {
    uint64_t end = 0;
    note(arg, part);
    /* Release and acquire, as a loop's parts would hand over data. */
    uint64_t n = atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel);
    uint64_t all = (n / party + 1) * party;
    for (;;) {
        for (int i = 0; i < LOOKS; i++)
            /* Pairs with the release of the others' arrival. */
            if (atomic_load_explicit(&arrived, memory_order_acquire) >= all)
                return RTK_OK;
        uint64_t now = rtk_clock_ns();
        if (!end) end = now + MEET_NS;
        if (now >= end) return RTK_OK;
    }
}

static rtk_status first(void *arg, size_t part) {
    if (first_at) *first_at = rtk_clock_ns();
    first_at = NULL;
    note(arg, part);
    grind(part, 100);
    return RTK_OK;
}

const rtk_body rtk_body_empty = {"empty loop", 0, empty},
               rtk_body_meeting = {"parts that meet", 0, meet},
               rtk_body_first = {"until the caller's first part", 100, first};

void rtk_witness_start(rtk_witness *w) {
    for (size_t i = 0; i < RTK_PARTS_MAX; i++) {
        /* Relaxed: the loop that follows orders it. */
        atomic_store_explicit(&w->part[i].times, 0, memory_order_relaxed);
        atomic_store_explicit(&w->part[i].thread, NULL, memory_order_relaxed);
    }
}

bool rtk_witness_complete(rtk_witness *w, size_t parts) {
    bool all = true;
    for (size_t i = 0; i < parts; i++)
        all &=
            atomic_load_explicit(&w->part[i].times, memory_order_relaxed) == 1;
    return all;
}

bool rtk_witness_shared(rtk_witness *w, size_t parts) {
    bool other = false;
    for (size_t i = 0; i < parts; i++)
        other |= atomic_load_explicit(&w->part[i].thread,
                                      memory_order_relaxed) != &self;
    return other;
}

void rtk_body_meeting_of(size_t parts) {
    party = parts;
}

void rtk_body_first_at(uint64_t *at) {
    first_at = at;
}
