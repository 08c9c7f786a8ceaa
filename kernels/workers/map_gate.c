/* A foreign map is not believed: each part has a mark, so that a repeated one
 * is refused, and all pass a gate which is shut when the map returns. Nobody
 * runs on a dead frame: a part that is inside when the gate is shut is waited
 * for, and one that comes later finds it shut. For the latecomers' sake the
 * gate of a map that broke its promise is kept for ever, on a list that makes
 * it no leak. */

#include "kernels/workers/map_gate.h"

#include "kernels/workers/fork_watch.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define SHUT UINT64_C(0x8000000000000000)

typedef rtk_map_gate gate;

/* What the parts pass through. `inside` counts the parts that run now, and
 * carries SHUT. */
struct rtk_map_gate {
    rtk_part run; /* as `arg`: valid until shut */
    void *arg;
    size_t parts;
    gate *next; /* of the abandoned ones */
    _Atomic uint64_t inside;
    _Atomic size_t repeated, invented; /* the first in input order, or none */
    _Atomic bool any_invented;
    unsigned forks; /* before the map */
    _Atomic unsigned char called[];
};

static _Atomic(gate *) abandoned;

static bool enter(gate *g) {
    /* Relaxed: what the part reads was handed over by the map's own means. */
    uint64_t before =
        atomic_fetch_add_explicit(&g->inside, 1, memory_order_relaxed);
    return !(before & SHUT);
}

static void leave(gate *g) {
    /* Release what the part wrote; pairs with the acquire in shut(). */
    atomic_fetch_sub_explicit(&g->inside, 1, memory_order_release);
}

/* Relaxed: the number is all that is kept; shut() orders the rest. */
static void lower(_Atomic size_t *least, size_t part) {
    size_t known = atomic_load_explicit(least, memory_order_relaxed);
    while (part < known && !atomic_compare_exchange_weak_explicit(
                               least, &known, part, memory_order_relaxed,
                               memory_order_relaxed)) {
    }
}

static bool admit(gate *g, size_t part) {
    if (part >= g->parts) {
        lower(&g->invented, part);
        atomic_store_explicit(&g->any_invented, true, memory_order_relaxed);
        return false;
    }
    /* Relaxed: only who was first matters. */
    if (!atomic_exchange_explicit(&g->called[part], 1, memory_order_relaxed))
        return true;
    lower(&g->repeated, part);
    return false;
}

static rtk_status pass(void *arg, size_t part) {
    gate *g = arg;
    rtk_status s = RTK_EMAP;
    if (!enter(g))
        s = RTK_ECANCELLED;
    else if (admit(g, part))
        s = g->run(g->arg, part);
    leave(g);
    return s;
}

/* Wait for the parts that are inside: each wakes us by leaving. Only a map
 * that broke its promise makes this wait, so it yields and does not sleep.
 * Returns whether there was one. */
static bool shut(gate *g) {
    /* Acquire: pairs with the release in leave(). */
    uint64_t inside =
        atomic_fetch_or_explicit(&g->inside, SHUT, memory_order_acquire);
    bool late = inside & ~SHUT;
    while (inside & ~SHUT) {
        sched_yield();
        inside = atomic_load_explicit(&g->inside, memory_order_acquire);
    }
    return late;
}

static void abandon(gate *g) {
    g->next = atomic_load_explicit(&abandoned, memory_order_relaxed);
    /* Release the link just written. Nobody follows the links: the list only
     * keeps the memory reachable. */
    while (!atomic_compare_exchange_weak_explicit(
        &abandoned, &g->next, g, memory_order_release, memory_order_relaxed)) {
    }
}

static size_t count(gate *g, size_t *dropped) {
    size_t called = 0;
    *dropped = SIZE_MAX;
    for (size_t i = 0; i < g->parts; i++) {
        if (atomic_load_explicit(&g->called[i], memory_order_relaxed))
            called++;
        else if (*dropped == SIZE_MAX)
            *dropped = i;
    }
    return called;
}

static void name(rtk_loop *loop, rtk_map_fault fault, size_t part) {
    if (part >= loop->map_part && loop->map_fault) return;
    loop->map_fault = fault;
    loop->map_part = part;
}

/* Name what is first in input order; a late part has no number. */
static void judge(gate *g, bool late, rtk_loop *loop) {
    size_t dropped = SIZE_MAX;
    loop->parts_run = count(g, &dropped);
    size_t repeated = atomic_load_explicit(&g->repeated, memory_order_relaxed);
    size_t invented = atomic_load_explicit(&g->invented, memory_order_relaxed);
    if (dropped != SIZE_MAX) name(loop, RTK_MAP_DROPPED, dropped);
    if (repeated != SIZE_MAX) name(loop, RTK_MAP_REPEATED, repeated);
    if (atomic_load_explicit(&g->any_invented, memory_order_relaxed))
        name(loop, RTK_MAP_INVENTED, invented);
    if (late) name(loop, RTK_MAP_LATE, g->parts);
}

rtk_map_gate *rtk_map_gate_new(rtk_part run, void *arg, size_t parts) {
    if (parts > SIZE_MAX - sizeof(gate)) return NULL;
    gate *g = calloc(1, sizeof *g + parts);
    if (!g) return NULL;
    g->run = run;
    g->arg = arg;
    g->parts = parts;
    g->forks = rtk_fork_count();
    atomic_store_explicit(&g->repeated, SIZE_MAX, memory_order_relaxed);
    atomic_store_explicit(&g->invented, SIZE_MAX, memory_order_relaxed);
    return g;
}

rtk_status rtk_map_watched(const rtk_executor *executor, rtk_map_gate *g,
                           unsigned workers, rtk_loop *loop) {
    rtk_status s = executor->map(executor->self, pass, g, g->parts, workers);
    if (rtk_fork_count() != g->forks) {
        /* Those who were inside are the parent's threads. */
        abandon(g);
        return RTK_ECANCELLED;
    }
    judge(g, shut(g), loop);
    if (loop->map_fault) {
        abandon(g);
        return RTK_EMAP;
    }
    free(g);
    return s;
}
