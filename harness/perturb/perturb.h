#ifndef RTK_PERTURB_H
#define RTK_PERTURB_H

/* Seeded perturbation of a trial: threads are held for a moment at points, so
 * that schedules happen that are rare otherwise.
 *
 * Points are the pthread and semaphore calls of all lanes, and in the tsan lane
 * each instrumented access and atomic, of libraries too. What is done there is
 * an algorithm, a file in algorithms/. It draws from (seed, thread, number of
 * the event in the thread) alone, so a seed repeats its decisions, though not
 * the machine's timing.
 *
 * Nothing here takes a lock, allocates, or is instrumented: ThreadSanitizer
 * sees no ordering that the code under test does not make itself. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernels/workers/status.h"

/* What happens at a point. */
typedef enum rtk_point_kind {
    RTK_POINT_READ,   /* of memory */
    RTK_POINT_WRITE,  /* of memory */
    RTK_POINT_LOAD,   /* atomic */
    RTK_POINT_UPDATE, /* atomic store, exchange, fetch-and-op, compare */
    RTK_POINT_LOCK,   /* pthread and semaphore calls from here on */
    RTK_POINT_UNLOCK,
    RTK_POINT_WAIT, /* on a condition, semaphore or barrier */
    RTK_POINT_SIGNAL,
    RTK_POINT_CREATE,
    RTK_POINT_JOIN
} rtk_point_kind;

/* Begin to perturb the threads of this process. Threads that are not actors
 * are numbered in the order in which they reach a point.
 *
 *   algorithm  a name of rtk_perturb_name(); NULL: none
 *   most_ns    of this time; after it the trial runs on unperturbed, so that
 *              many threads on few CPUs come to an end
 *
 * Returns RTK_OK, or RTK_EINVAL for an unknown algorithm.
 * MT-Unsafe race:trial: no other thread begins or ends. */
RTK_CHECKED rtk_status rtk_perturb_begin(const char *algorithm, uint64_t seed,
                                         uint64_t most_ns);

/* Stop: threads that are held go on when their pause is over, and no point
 * holds one any more. MT-Unsafe race:trial: as rtk_perturb_begin(). */
void rtk_perturb_end(void);

/* Name the calling thread: actor `index`, in a forked process too. There are
 * points where it is inside the code under test only, from
 * rtk_perturb_enter() to rtk_perturb_leave(): what the harness does between
 * calls is neither held nor counted. Other threads are always inside.
 * MT-Safe. */
void rtk_perturb_actor(unsigned index);
void rtk_perturb_enter(void);
void rtk_perturb_leave(void);

/* A name for a thread that the caller is about to make; it depends on the
 * caller's own and on how many it made. Give it to rtk_perturb_thread() in the
 * new thread, so that its name does not depend on who is first at a point.
 * MT-Safe. */
uint64_t rtk_perturb_child(void);
void rtk_perturb_thread(uint64_t name);

/* Set while threads are perturbed; read it by rtk_perturb_on(). */
extern atomic_bool rtk_perturb_wanted;

/* Whether a point may do anything now. MT-Safe, async-signal-safe. */
static inline bool rtk_perturb_on(void) {
    /* Relaxed: one that comes too early or late does not matter. */
    return atomic_load_explicit(&rtk_perturb_wanted, memory_order_relaxed);
}

/* A point before a pthread or semaphore call; errno is kept.
 *
 *   kind    RTK_POINT_LOCK .. RTK_POINT_JOIN
 *   object  the lock, condition, semaphore or thread
 *   pc      the caller of the call
 *
 * A few ns when nothing is perturbed. MT-Safe. */
void rtk_perturb_sync(int kind, const void *object, uintptr_t pc);

/* Name and one-line summary of algorithm `i`, in order of name; NULL behind
 * the last. MT-Safe. */
const char *rtk_perturb_name(unsigned i);
const char *rtk_perturb_summary(unsigned i);

/* The algorithm that `seed` draws from the portfolio (portfolio.def).
 * MT-Safe. */
const char *rtk_perturb_draw(uint64_t seed);

/* Whether `name` is an algorithm. MT-Safe. */
bool rtk_perturb_known(const char *name);

/* Keep what trials learn of conflicting sites for the trials that are forked
 * later, in a mapping that all children share; another subject or scenario than
 * last time forgets it.
 * MT-Unsafe race:learned: call before trials are forked. */
void rtk_perturb_share(const char *subject, const char *scenario);

#endif
