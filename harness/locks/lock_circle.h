#ifndef RTK_LOCK_CIRCLE_H
#define RTK_LOCK_CIRCLE_H

/* Inside the graph of locks: what an edge knows, and the search for circles. */

#include <stdatomic.h>

#include "harness/locks/lock_graph.h"

/* An edge. `key`, `held` and `wanted` are of the first thread that made it and
 * never change once `ready`; the rest is shared by all that make it. */
typedef struct rtk_lock_edge_data {
    uint64_t key;
    rtk_lock_hold held, wanted;
    atomic_uint_least64_t threads; /* bits, by number modulo 64 */
    atomic_uint
        gate[RTK_LOCK_GATES]; /* locks held beside, each time; 0: none */
    atomic_bool ready;
} rtk_lock_edge_data;

/* Whether all can read it. MT-Safe. */
static inline bool rtk_lock_edge_ready(const rtk_lock_edge_data *e) {
    /* Pairs with the release when the edge has been filled. */
    return atomic_load_explicit(&e->ready, memory_order_acquire);
}

/* All edges that there are, some of them perhaps not ready.
 *
 *   first  out: they lie one behind the other
 *
 * Returns how many. MT-Safe. */
size_t rtk_lock_edges(const rtk_lock_edge_data **first);

/* Whether waiting for it can be part of a deadlock: it is no semaphore, or one
 * that is used as a lock. MT-Safe. */
bool rtk_lock_node_counts(uint32_t node, rtk_lock_kind kind);

/* Where the lock is. MT-Safe. */
const void *rtk_lock_node_address(uint32_t node);

/* Look for circles through `edge` and tell of those that were not told before.
 * MT-Safe. */
void rtk_lock_circle_seek(const rtk_lock_edge_data *edge);

#endif
