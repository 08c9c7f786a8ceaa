/* Circles in the graph of locks, which of them can become a deadlock, and what
 * is told of one. */
#include "harness/locks/lock_circle.h"

#include <stdio.h>

#include "harness/lane.h"
#include "harness/report.h"

enum {
    LENGTH_MAX = 6,    /* of a circle, in edges */
    LOOKS_MAX = 60000, /* at edges, in one search */
    TOLD_MAX = 12
};

/* A way through the graph that is being searched. */
typedef struct way {
    const rtk_lock_edge_data *edge[LENGTH_MAX];
    size_t n;
    unsigned looks;
} way;

/* ---- Whether it can happen --------------------------------------------------
 */

/* Whether the edges from `i` on can be made by threads that differ. */
static bool different(const way *w, size_t i, uint64_t taken) {
    if (i == w->n) return true;
    uint64_t free =
        atomic_load_explicit(&w->edge[i]->threads, memory_order_relaxed) &
        ~taken;
    for (; free; free &= free - 1)
        if (different(w, i + 1, taken | (free & (~free + 1)))) return true;
    return false;
}

static bool has_gate(const rtk_lock_edge_data *e, uint32_t gate) {
    for (size_t i = 0; i < RTK_LOCK_GATES; i++)
        if (atomic_load_explicit(&e->gate[i], memory_order_relaxed) == gate)
            return true;
    return false;
}

/* A lock that is held beside at every edge lets only one thread in. */
static bool gated(const way *w) {
    for (size_t i = 0; i < RTK_LOCK_GATES; i++) {
        uint32_t gate =
            atomic_load_explicit(&w->edge[0]->gate[i], memory_order_relaxed);
        size_t k = 1;
        while (gate && k < w->n && has_gate(w->edge[k], gate)) k++;
        if (gate && k == w->n) return true;
    }
    return false;
}

/* Whether who waits at the end of `e` waits for who holds the start of `next`:
 * two readers do not wait for each other. */
static bool joins(const rtk_lock_edge_data *e, const rtk_lock_edge_data *next) {
    return e->wanted.node == next->held.node &&
           !(e->wanted.kind == RTK_LOCK_READ &&
             next->held.kind == RTK_LOCK_READ) &&
           rtk_lock_node_counts(e->wanted.node, e->wanted.kind);
}

/* ---- What is told -----------------------------------------------------------
 */

static const char *word(unsigned kind) {
    static const char *const words[] = {
        [RTK_LOCK_MUTEX] = "a mutex",
        [RTK_LOCK_READ] = "an rwlock, to read",
        [RTK_LOCK_WRITE] = "an rwlock, to write",
        [RTK_LOCK_SPIN] = "a spin lock",
        [RTK_LOCK_SEMAPHORE] = "a semaphore used as a lock",
        [RTK_LOCK_CUSTOM] = "a lock of the library's own"};
    return words[kind];
}

static void add_stack(rtk_line *line, const char *title,
                      const rtk_lock_hold *where) {
    void *pcs[RTK_LOCK_FRAMES];
    size_t n = 0;
    for (; n < RTK_LOCK_FRAMES && where->stack[n]; n++)
        pcs[n] = (void *)(uintptr_t)where->stack[n];
    rtk_finding_stack(line, title, pcs, n);
}

/* A lock that is a global variable is named by the supervisor. */
static void add_variable(rtk_line *line, size_t i, uint32_t node) {
    char path[512], title[64];
    uintptr_t offset;
    const void *lock = rtk_lock_node_address(node);
    if (!rtk_lane_locate((uintptr_t)lock, path, sizeof path, &offset)) return;
    snprintf(title, sizeof title, "lock %zu is the global variable", i + 1);
    rtk_finding_data(line, title, lock);
}

/* Where each waits comes first: a finding is known again by these places. */
static void tell(const way *w) {
    char text[160];
    rtk_line line;
    snprintf(text, sizeof text,
             "%zu locks are taken in orders that go round in a circle", w->n);
    rtk_finding_begin(&line, "lock-order", "lock-order inversion", text);
    for (size_t i = 0; i < w->n; i++) {
        size_t next = (i + 1) % w->n;
        snprintf(text, sizeof text,
                 "lock %zu (%s) is waited for while lock %zu (%s) is held",
                 next + 1, word(w->edge[i]->wanted.kind), i + 1,
                 word(w->edge[i]->held.kind));
        add_stack(&line, text, &w->edge[i]->wanted);
    }
    for (size_t i = 0; i < w->n; i++) {
        snprintf(text, sizeof text, "lock %zu was taken before that", i + 1);
        add_stack(&line, text, &w->edge[i]->held);
    }
    for (size_t i = 0; i < w->n; i++)
        add_variable(&line, i, w->edge[i]->held.node);
    rtk_line_end(&line);
}

/* Whether a circle of the same places was told before; locks of many instances
 * make many circles that say the same. */
static bool known(const way *w) {
    static atomic_uint_least64_t told[TOLD_MAX];
    uint64_t places = 1;
    for (size_t i = 0; i < w->n; i++) /* A sum: a circle begins anywhere. */
        places += ((uintptr_t)w->edge[i]->wanted.stack[0] * UINT64_C(31) +
                   (uintptr_t)w->edge[i]->wanted.stack[1]) *
                  UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < TOLD_MAX; i++) {
        uint64_t before = 0;
        /* Only who is first matters. */
        if (atomic_compare_exchange_strong_explicit(&told[i], &before, places,
                                                    memory_order_relaxed,
                                                    memory_order_relaxed))
            return false;
        if (before == places) return true;
    }
    return true;
}

/* ---- The search -------------------------------------------------------------
 */

static void judge(const way *w) {
    if (joins(w->edge[w->n - 1], w->edge[0]) && different(w, 0, 0) &&
        !gated(w) && !known(w))
        tell(w);
}

static bool visited(const way *w, uint32_t node) {
    for (size_t i = 0; i < w->n; i++)
        if (w->edge[i]->held.node == node) return true;
    return false;
}

/* Go on from the end of the way, in depth. */
static void extend(way *w) {
    const rtk_lock_edge_data *all, *last = w->edge[w->n - 1];
    size_t n = rtk_lock_edges(&all);
    if (last->wanted.node == w->edge[0]->held.node) {
        judge(w);
        return;
    }
    if (w->n == LENGTH_MAX || visited(w, last->wanted.node)) return;
    for (size_t i = 0; i < n && w->looks < LOOKS_MAX; i++) {
        w->looks++;
        if (!rtk_lock_edge_ready(&all[i]) || !joins(last, &all[i])) continue;
        w->edge[w->n++] = &all[i];
        extend(w);
        w->n--;
    }
}

void rtk_lock_circle_seek(const rtk_lock_edge_data *edge) {
    way w = {.edge = {edge}, .n = 1};
    extend(&w);
}
