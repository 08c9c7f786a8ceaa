#ifndef RTK_HELD_LOCKS_H
#define RTK_HELD_LOCKS_H

/* Which locks a thread holds, and in which order it takes them: what the hooks
 * of pthread and semaphore calls, and plug-ins with locks of their own, tell
 * the oracle "lock-order". A few ns while off. */

#include <stdatomic.h>

#include "harness/emit.h"
#include "harness/locks/lock_graph.h"

/* Set before the actors start, cleared after they ended; relaxed: no other
 * memory depends on it. Read it by rtk_lock_order_on(). */
extern atomic_bool rtk_lock_order_wanted;

/* Whether locks are followed. MT-Safe, async-signal-safe. */
static inline bool rtk_lock_order_on(void) {
    return atomic_load_explicit(&rtk_lock_order_wanted, memory_order_relaxed);
}

/* Follow locks from now on, and stop. Nothing is forgotten between: a trial is
 * a process of its own. MT-Safe. */
void rtk_lock_order_begin(void);
void rtk_lock_order_end(void);

/* The calling thread is about to wait for `lock`; from here on it counts as
 * held. Call it before the call that waits: a deadlock that happens is known
 * by then.
 *
 *   frame  __builtin_frame_address(0) of the function that the library called
 *
 * MT-Safe. */
void rtk_lock_waits(const void *lock, rtk_lock_kind kind, const void *frame);

/* The calling thread has `lock` now, and did not wait for it, or not without
 * an end. MT-Safe. */
void rtk_lock_has(const void *lock, rtk_lock_kind kind, const void *frame);

/* It waits for `lock` again, which it gave back while it waited on a condition.
 * MT-Safe. */
void rtk_lock_waits_again(const void *lock);

/* It gives `lock` back. MT-Safe, async-signal-safe. */
void rtk_lock_gives(const void *lock, rtk_lock_kind kind);

/* Whether it has `lock` already. MT-Safe, async-signal-safe. */
bool rtk_lock_held(const void *lock);

/* `lock` is made or destroyed: what is at its address from now on is another.
 *
 *   initial  of a semaphore; others: 1
 *
 * MT-Safe. */
void rtk_lock_made(const void *lock, unsigned initial);

/* Add to the line of the trial what did not find room. MT-Safe. */
void rtk_lock_order_tell(rtk_line *line);

#endif
