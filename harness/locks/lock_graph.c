/* The graph of locks: tables of fixed size that all threads share.
 *
 * An entry is filled before its number is put where others find it (release,
 * paired with an acquire); after that only its bits of threads grow and its
 * gates shrink, both relaxed: a look that comes too early is made good by
 * rtk_lock_graph_judge(). */
#include "harness/locks/lock_graph.h"

#include <stdatomic.h>
#include <string.h>

#include "harness/locks/lock_circle.h"

enum {
    ADDRESSES = 8192, /* powers of two */
    EDGES_INDEX = 8192,
    NODES_MAX = 16384,
    EDGES_MAX = 2048
};

static struct {
    atomic_uintptr_t lock; /* 0: free; never changes again */
    atomic_uint node;      /* 0: none since it was made or destroyed */
} address[ADDRESSES];

enum { SIGNALS = 1, CONFIRMED = 2 };

static struct {
    atomic_uintptr_t lock;
    atomic_uint flags;
} node[NODES_MAX];

static rtk_lock_edge_data edge[EDGES_MAX];
static atomic_uint edge_index[EDGES_INDEX]; /* number of an edge, plus one */

/* How many were taken; those over the size of the table are lost. */
static atomic_uint nodes = 1, edges, lost_locks, lost_edges;

static size_t hash(uint64_t bits) {
    return (size_t)((bits * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

static void lose(atomic_uint *what) {
    atomic_fetch_add_explicit(what, 1, memory_order_relaxed);
}

/* ---- Locks ------------------------------------------------------------------
 */

/* The place of `lock` in the table, taken if `make`; ADDRESSES: none. */
static size_t place(const void *lock, bool make) {
    uintptr_t it = (uintptr_t)lock;
    size_t at = hash(it);
    for (size_t i = 0; i < ADDRESSES; i++, at++) {
        atomic_uintptr_t *slot = &address[at % ADDRESSES].lock;
        uintptr_t there = atomic_load_explicit(slot, memory_order_relaxed);
        if (!there && !make) return ADDRESSES;
        /* The address is all there is to it: no order is needed. */
        if (there == it ||
            (!there && (atomic_compare_exchange_strong_explicit(
                            slot, &there, it, memory_order_relaxed,
                            memory_order_relaxed) ||
                        there == it)))
            return at % ADDRESSES;
    }
    return ADDRESSES;
}

uint32_t rtk_lock_node_find(const void *lock) {
    size_t at = place(lock, false);
    return at == ADDRESSES
               ? 0
               : atomic_load_explicit(&address[at].node, memory_order_relaxed);
}

/* A new number, for all threads that come to `at` at the same time. */
static uint32_t number(size_t at, const void *lock) {
    uint32_t before = 0, made;
    if (atomic_load_explicit(&nodes, memory_order_relaxed) >= NODES_MAX)
        return 0;
    made = atomic_fetch_add_explicit(&nodes, 1, memory_order_relaxed);
    if (made >= NODES_MAX) return 0;
    atomic_store_explicit(&node[made].lock, (uintptr_t)lock,
                          memory_order_relaxed);
    /* Release: with its address; pairs with what reads it in a circle. */
    return atomic_compare_exchange_strong_explicit(&address[at].node, &before,
                                                   made, memory_order_release,
                                                   memory_order_relaxed)
               ? made
               : before;
}

uint32_t rtk_lock_node(const void *lock) {
    size_t at = place(lock, true);
    uint32_t found = 0;
    if (at < ADDRESSES) {
        found = atomic_load_explicit(&address[at].node, memory_order_relaxed);
        if (!found) found = number(at, lock);
    }
    if (!found) lose(&lost_locks);
    return found;
}

void rtk_lock_node_forget(const void *lock) {
    size_t at = place(lock, false);
    if (at < ADDRESSES)
        atomic_store_explicit(&address[at].node, 0, memory_order_relaxed);
}

void rtk_lock_node_signals(uint32_t n) {
    atomic_fetch_or_explicit(&node[n].flags, SIGNALS, memory_order_relaxed);
}

void rtk_lock_node_confirm(uint32_t n) {
    unsigned now = atomic_load_explicit(&node[n].flags, memory_order_relaxed);
    if (now & CONFIRMED) return;
    atomic_fetch_or_explicit(&node[n].flags, CONFIRMED, memory_order_relaxed);
    rtk_lock_graph_judge();
}

bool rtk_lock_node_counts(uint32_t n, rtk_lock_kind kind) {
    unsigned now = atomic_load_explicit(&node[n].flags, memory_order_relaxed);
    return kind != RTK_LOCK_SEMAPHORE || now == CONFIRMED;
}

const void *rtk_lock_node_address(uint32_t n) {
    return (const void *)atomic_load_explicit(&node[n].lock,
                                              memory_order_relaxed);
}

/* ---- Edges ------------------------------------------------------------------
 */

static uint64_t key_of(const rtk_lock_hold *held, const rtk_lock_hold *wanted) {
    return (uint64_t)held->node << 32 | (uint64_t)wanted->node << 2 |
           (held->kind == RTK_LOCK_READ ? 2U : 0U) |
           (wanted->kind == RTK_LOCK_READ ? 1U : 0U);
}

/* The edge with `key`; NULL: none, and *at is where it would be. */
static rtk_lock_edge_data *find(uint64_t key, size_t *at) {
    *at = hash(key) % EDGES_INDEX;
    for (size_t i = 0; i < EDGES_INDEX; i++, *at = (*at + 1) % EDGES_INDEX) {
        /* Pairs with the release in add(). */
        unsigned n =
            atomic_load_explicit(&edge_index[*at], memory_order_acquire);
        if (!n) return NULL;
        if (edge[n - 1].key == key) return &edge[n - 1];
    }
    return NULL;
}

static bool exclusive(const rtk_lock_hold *h) {
    return h->kind != RTK_LOCK_READ;
}

static void fill(rtk_lock_edge_data *e, uint64_t key, const rtk_lock_hold *held,
                 const rtk_lock_hold *wanted, const rtk_lock_hold *all,
                 size_t n) {
    e->key = key;
    e->held = *held;
    e->wanted = *wanted;
    size_t gates = 0;
    for (size_t i = 0; i < n && gates < RTK_LOCK_GATES; i++)
        if (all[i].node != held->node && exclusive(&all[i]))
            atomic_store_explicit(&e->gate[gates++], all[i].node,
                                  memory_order_relaxed);
}

/* A new edge, or the one that another thread has made meanwhile. */
static rtk_lock_edge_data *add(size_t at, uint64_t key,
                               const rtk_lock_hold *held,
                               const rtk_lock_hold *wanted,
                               const rtk_lock_hold *all, size_t n) {
    if (atomic_load_explicit(&edges, memory_order_relaxed) >= EDGES_MAX)
        return NULL;
    unsigned made = atomic_fetch_add_explicit(&edges, 1, memory_order_relaxed);
    if (made >= EDGES_MAX) return NULL;
    fill(&edge[made], key, held, wanted, all, n);
    for (unsigned there = 0;; at = (at + 1) % EDGES_INDEX, there = 0) {
        /* Release: the edge is whole; acquire: so is that of another. */
        if (atomic_compare_exchange_strong_explicit(
                &edge_index[at], &there, made + 1, memory_order_acq_rel,
                memory_order_acquire)) {
            /* Pairs with the acquire in rtk_lock_edges(). */
            atomic_store_explicit(&edge[made].ready, true,
                                  memory_order_release);
            return &edge[made];
        }
        if (edge[there - 1].key == key) return &edge[there - 1];
    }
}

static bool among(uint32_t it, const rtk_lock_hold *all, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (all[i].node == it && exclusive(&all[i])) return true;
    return false;
}

/* Note the thread, and forget gates that it does not hold; true when either is
 * news. */
static bool renew(rtk_lock_edge_data *e, const rtk_lock_hold *all, size_t n,
                  unsigned thread) {
    uint64_t bit = UINT64_C(1) << thread % 64;
    bool news =
        !(atomic_load_explicit(&e->threads, memory_order_relaxed) & bit);
    if (news) atomic_fetch_or_explicit(&e->threads, bit, memory_order_relaxed);
    for (size_t i = 0; i < RTK_LOCK_GATES; i++) {
        uint32_t gate = atomic_load_explicit(&e->gate[i], memory_order_relaxed);
        if (!gate || among(gate, all, n)) continue;
        atomic_store_explicit(&e->gate[i], 0, memory_order_relaxed);
        news = true;
    }
    return news;
}

void rtk_lock_edge(const rtk_lock_hold *held, const rtk_lock_hold *wanted,
                   const rtk_lock_hold *all, size_t n, unsigned thread) {
    size_t at;
    uint64_t key = key_of(held, wanted);
    rtk_lock_edge_data *e = find(key, &at);
    if (!e) e = add(at, key, held, wanted, all, n);
    if (!e)
        lose(&lost_edges);
    else if (renew(e, all, n, thread))
        rtk_lock_circle_seek(e);
}

size_t rtk_lock_edges(const rtk_lock_edge_data **first) {
    unsigned n = atomic_load_explicit(&edges, memory_order_relaxed);
    *first = edge;
    return n < EDGES_MAX ? n : EDGES_MAX;
}

void rtk_lock_graph_judge(void) {
    const rtk_lock_edge_data *first;
    size_t n = rtk_lock_edges(&first);
    for (size_t i = 0; i < n; i++)
        if (rtk_lock_edge_ready(&first[i])) rtk_lock_circle_seek(&first[i]);
}

rtk_lock_lost rtk_lock_graph_lost(void) {
    return (rtk_lock_lost){
        atomic_load_explicit(&lost_locks, memory_order_relaxed),
        atomic_load_explicit(&lost_edges, memory_order_relaxed)};
}
