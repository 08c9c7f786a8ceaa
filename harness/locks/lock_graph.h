#ifndef RTK_LOCK_GRAPH_H
#define RTK_LOCK_GRAPH_H

/* The graph of locks of one process: an edge from A to B says that some thread
 * waited for B while it held A. A circle of edges made by different threads is
 * a deadlock that only waits for its moment.
 *
 * The tables are of fixed size, and only words that are written once or only
 * grow (bits of threads) or only shrink (locks held beside) are shared; no
 * lock, no allocation. The files are not instrumented: ThreadSanitizer sees no
 * ordering that the code under test does not make itself. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTK_LOCK_FRAMES = 10, RTK_LOCK_GATES = 8 };

typedef enum rtk_lock_kind {
    RTK_LOCK_MUTEX,
    RTK_LOCK_READ,  /* of a pthread rwlock */
    RTK_LOCK_WRITE, /* the same */
    RTK_LOCK_SPIN,
    RTK_LOCK_SEMAPHORE,
    RTK_LOCK_CUSTOM /* told by the plug-in */
} rtk_lock_kind;

/* A lock that a thread holds; belongs to the thread. */
typedef struct rtk_lock_hold {
    uint32_t node; /* number in the graph; 0: none */
    uint16_t count;
    uint8_t kind;
    const void *stack[RTK_LOCK_FRAMES]; /* where it was taken; NULL ends it */
} rtk_lock_hold;

/* The number of the lock at `lock`, made if need be; 0: the tables are full.
 * MT-Safe, async-signal-safe. */
uint32_t rtk_lock_node(const void *lock);

/* The same without making it. MT-Safe, async-signal-safe. */
uint32_t rtk_lock_node_find(const void *lock);

/* What is made at `lock` from now on is another lock.
 * MT-Safe, async-signal-safe. */
void rtk_lock_node_forget(const void *lock);

/* A semaphore that is used to signal: never a lock. One that the same thread
 * has taken and given back is a lock until then.
 * MT-Safe, async-signal-safe. */
void rtk_lock_node_signals(uint32_t node);
void rtk_lock_node_confirm(uint32_t node);

/* Thread `thread` waits for `wanted` while it holds `held` and, in all, the
 * `n` locks at `all`. A circle that this closes becomes a finding of the oracle
 * "lock-order", once.
 * MT-Safe. */
void rtk_lock_edge(const rtk_lock_hold *held, const rtk_lock_hold *wanted,
                   const rtk_lock_hold *all, size_t n, unsigned thread);

/* Look for all circles again. MT-Safe. */
void rtk_lock_graph_judge(void);

/* What did not find room in the tables. MT-Safe. */
typedef struct rtk_lock_lost {
    unsigned locks, edges;
} rtk_lock_lost;
rtk_lock_lost rtk_lock_graph_lost(void);

#endif
