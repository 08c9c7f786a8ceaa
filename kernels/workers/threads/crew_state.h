#ifndef RTK_CREW_STATE_H
#define RTK_CREW_STATE_H

/* What a crew consists of. Internal to crew.c, which tells who shares what, and
 * crew_life.c. */

#include <pthread.h>
#include <stdatomic.h>

#include "kernels/workers/threads/crew.h"

enum { LINE = 64, FREE = 0, HELD = 1, AWAITED = 2, LIMITED = 4 };

typedef struct helper {
    _Alignas(LINE) rtk_crew *crew; /* as index and generation: set at start */
    unsigned index, generation;
    uint32_t seen;    /* epoch last looked at; the helper's own */
    pthread_t id;     /* of the crew's owner */
    uint64_t used_ns; /* CPU time, as the owner last saw it; the owner's */
    _Atomic uint32_t asleep; /* a futex */
    _Atomic bool working;    /* may have a share of a loop; advice */
    _Atomic bool brought;    /* by the owner, to the owner's CPU */
} helper;

struct rtk_crew {
    unsigned generation; /* changes only in a child with one thread */
    /* Written by the owner. A helper stays where it is until the crew is
     * released, also after its thread has ended. */
    _Atomic unsigned n_helpers, kept;
    _Atomic unsigned limit;
    _Atomic(helper *) helpers[RTK_WORKERS_MAX];

    /* HELD by the owner; AWAITED by rtk_crew_await(); LIMITED: the owner shall
     * look at `limit` before it leaves. A futex. */
    _Alignas(LINE) _Atomic uint32_t owner;

    /* The job; written by the owner before it stores the ticket. */
    _Atomic(void (*)(void *, size_t, size_t)) range;
    _Atomic(void *) arg;
    _Atomic(const rtk_cancel *) cancel;
    _Atomic size_t parts, grain, units;
    _Atomic uint64_t start, look;
    _Atomic unsigned seats, take; /* helpers that may share; units at a time */
    _Atomic unsigned brisk;       /* the first so many look before they sleep */
    _Atomic unsigned called;      /* the first so many shall be woken */
    _Atomic uint32_t fp_modes;
    _Atomic int cpu; /* the caller's, for helpers to leave; or -1 */

    _Alignas(LINE) _Atomic uint64_t ticket; /* epoch << 32 | units left */
    _Alignas(LINE) _Atomic size_t done;     /* units that came back */
    _Atomic uint32_t waiting; /* the caller sleeps until `done`; a futex */

    /* The owner's: when the last loop ended, and what loops since the last wake
     * took that followed each other closely. Ticks. */
    uint64_t last_end, debt;

    /* Measured by helper 0 and the owner; advice. Ticks. */
    _Alignas(LINE) _Atomic uint64_t wake, late_asleep, late_awake;
    _Atomic uint64_t wakes, last_wake;
};

/* Fields that are published by the ticket, or that are advice: relaxed. */
#define GET(field) atomic_load_explicit(&crew->field, memory_order_relaxed)
#define PUT(field, value)                                                      \
    atomic_store_explicit(&crew->field, (value), memory_order_relaxed)

/* The loop that a ticket belongs to. MT-Safe. */
static inline uint32_t rtk_epoch_of(uint64_t ticket) {
    return (uint32_t)(ticket >> 32);
}

/* What a helper's thread runs; `arg` is the helper. MT-Safe. */
void *rtk_crew_help(void *arg);

/* Let the helpers see a new epoch with `units` to claim, and return it.
 * MT-Unsafe race:crew. */
uint32_t rtk_crew_publish(rtk_crew *crew, uint32_t units);

/* Wait until all `units` have come back. MT-Unsafe race:crew. */
void rtk_crew_settle(rtk_crew *crew, size_t units);

/* Look for `ticks` whether ready(crew, word). MT-Safe. */
bool rtk_crew_look(rtk_crew *crew, bool (*ready)(rtk_crew *, uint64_t),
                   uint64_t word, uint64_t ticks);

/* Note how long after its start a helper came to the loop. MT-Safe. */
void rtk_crew_note_arrival(rtk_crew *crew, const helper *h, bool slept);

/* How many helpers are to be awake for a loop that begins. For the owner.
 * MT-Unsafe race:crew. */
unsigned rtk_crew_first_called(rtk_crew *crew, const rtk_crew_job *given);

/* Wake the first of them, from *next on. MT-Unsafe race:crew. */
void rtk_crew_call(rtk_crew *crew, unsigned *next);

/* Between two runs of parts: wake the next, if the loop has become long enough.
 * MT-Unsafe race:crew. */
void rtk_crew_tend(rtk_crew *crew, const rtk_crew_job *given, unsigned *next);

/* Wake a helper, if it sleeps; whether it did. MT-Safe. */
bool rtk_crew_rouse(rtk_crew *crew, unsigned index);

#endif
