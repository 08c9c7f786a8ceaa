/* Who owns a crew, and the life of its threads. `owner` is a lock that is never
 * waited for on the way of a loop: a caller that does not get it goes
 * elsewhere. Only shutting down waits, and changing the number of threads
 * leaves a note for the owner. */

#include "kernels/workers/threads/crew_state.h"
#include "kernels/workers/threads/futex.h"
#include "kernels/workers/threads/stay_loaded.h"
#include "kernels/workers/threads/ticks.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Crossovers until they have been measured: waking, and arrivals. */
enum { WAKE_NS = 10000, LATE_ASLEEP_NS = 40000, LATE_AWAKE_NS = 250 };

/* ---- Owners ---------------------------------------------------------------
 */

bool rtk_crew_take(rtk_crew *crew) {
    uint32_t free_one = FREE;
    /* Acquire what the last owner released. A refusal needs no order. */
    return GET(owner) == FREE &&
           atomic_compare_exchange_strong_explicit(&crew->owner, &free_one,
                                                   HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* One that awaits goes before those who only take: while the word says AWAITED
 * it is not free for them. Several that await set the flag again. */
void rtk_crew_await(rtk_crew *crew) {
    for (;;) {
        /* Relaxed: the flag asks for a wake; order comes with taking. */
        uint32_t state = GET(owner);
        bool held = state & HELD;
        uint32_t wanted =
            held ? state | AWAITED : (state & ~(uint32_t)AWAITED) | HELD;
        /* Acquire what the last owner released. */
        if (state != wanted && !atomic_compare_exchange_strong_explicit(
                                   &crew->owner, &state, wanted,
                                   memory_order_acquire, memory_order_relaxed))
            continue;
        if (!held) return;
        rtk_futex_wait(&crew->owner, wanted);
    }
}

void rtk_crew_give_back(rtk_crew *crew) {
    uint32_t state = GET(owner);
    for (;;) {
        if (state & LIMITED) {
            /* Acquire the limit; pairs with rtk_crew_limit(). */
            atomic_fetch_and_explicit(&crew->owner, ~(uint32_t)LIMITED,
                                      memory_order_acquire);
            rtk_crew_shrink(crew, GET(limit));
            state = GET(owner);
        } else if (atomic_compare_exchange_weak_explicit(
                       &crew->owner, &state, state & AWAITED,
                       memory_order_release, memory_order_relaxed)) {
            /* Released to the next owner; pairs with rtk_crew_take() and
             * rtk_crew_await(), which is woken here. */
            break;
        }
    }
    if (state & AWAITED) rtk_futex_wake(&crew->owner, INT_MAX);
}

void rtk_crew_limit(rtk_crew *crew, unsigned limit) {
    PUT(limit, limit);
    for (;;) {
        if (rtk_crew_take(crew)) {
            rtk_crew_shrink(crew, limit);
            rtk_crew_give_back(crew);
            return;
        }
        uint32_t state = GET(owner);
        /* Release the limit; pairs with rtk_crew_give_back(). */
        if (state != FREE && atomic_compare_exchange_strong_explicit(
                                 &crew->owner, &state, state | LIMITED,
                                 memory_order_release, memory_order_relaxed))
            return;
    }
}

/* ---- Threads --------------------------------------------------------------
 */

static helper *helper_at(rtk_crew *crew, unsigned index) {
    helper *h = GET(helpers[index]);
    if (h) return h;
    h = aligned_alloc(LINE, sizeof *h);
    if (!h) return NULL;
    memset(h, 0, sizeof *h);
    /* Release the helper to one that is late for an earlier loop and reads of
     * this one who is to be woken; pairs with helper_at() of crew_call.c. */
    atomic_store_explicit(&crew->helpers[index], h, memory_order_release);
    return h;
}

static bool start(rtk_crew *crew, unsigned index) {
    helper *h = helper_at(crew, index);
    if (!h) return false;
    h->crew = crew;
    h->index = index;
    h->generation = crew->generation;
    /* Relaxed: only the owner, us, changes the epoch. */
    h->seen = rtk_epoch_of(GET(ticket));
    atomic_store_explicit(&h->asleep, 0, memory_order_relaxed);
    return !pthread_create(&h->id, NULL, rtk_crew_help, h);
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

/* Other signals are for the threads of the application, not for helpers. */
unsigned rtk_crew_grow(rtk_crew *crew, unsigned wanted) {
    sigset_t all, before;
    unsigned n = GET(n_helpers), limit = GET(limit);
    if (wanted > limit) wanted = limit;
    if (n >= wanted) return n;
    int saved = errno;
    if (!rtk_stay_loaded()) return n;
    sigfillset(&all);
    /* A fault in a part is for the handler that the application has. */
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (n < wanted && start(crew, n)) n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    PUT(n_helpers, n);
    errno = saved;
    return n;
}

void rtk_crew_shrink(rtk_crew *crew, unsigned kept) {
    unsigned n = GET(n_helpers);
    if (n <= kept) return;
    PUT(seats, 0);
    PUT(kept, kept);
    rtk_crew_publish(crew, 0);
    for (unsigned i = kept; i < n; i++) rtk_crew_rouse(crew, i);
    int cancel_state;
    /* Joining is a point of cancellation; the crew would never be free again.
     */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    for (unsigned i = kept; i < n; i++) {
        helper *h = GET(helpers[i]);
        pthread_join(h->id, NULL);
    }
    pthread_setcancelstate(cancel_state, NULL);
    PUT(kept, RTK_WORKERS_MAX);
    PUT(n_helpers, kept);
}

/* ---- Life -----------------------------------------------------------------
 */

/* Relaxed: the crew is not shared yet, or not any more. */
static void empty(rtk_crew *crew) {
    PUT(n_helpers, 0);
    PUT(kept, RTK_WORKERS_MAX);
    PUT(seats, 0);
    PUT(waiting, 0);
    PUT(ticket, (uint64_t)(rtk_epoch_of(GET(ticket)) + 1) << 32);
    PUT(owner, FREE);
}

rtk_crew *rtk_crew_new(void) {
    rtk_crew *crew = aligned_alloc(LINE, sizeof *crew);
    if (!crew) return NULL;
    memset(crew, 0, sizeof *crew);
    empty(crew);
    PUT(limit, RTK_WORKERS_MAX);
    PUT(wake, rtk_ticks_of_ns(WAKE_NS));
    PUT(late_asleep, rtk_ticks_of_ns(LATE_ASLEEP_NS));
    PUT(late_awake, rtk_ticks_of_ns(LATE_AWAKE_NS));
    return crew;
}

void rtk_crew_free(rtk_crew *crew) {
    if (!crew) return;
    for (unsigned i = 0; i < RTK_WORKERS_MAX; i++) free(GET(helpers[i]));
    free(crew);
}

void rtk_crew_forget(rtk_crew *crew) {
    crew->generation++;
    empty(crew);
}

unsigned rtk_crew_helpers(rtk_crew *crew) {
    return GET(n_helpers);
}

unsigned rtk_crew_busy(rtk_crew *crew) {
    return GET(owner) & HELD ? GET(seats) + 1 : 0;
}

rtk_crew_costs rtk_crew_measured(rtk_crew *crew) {
    return (rtk_crew_costs){.asleep = GET(wake) + GET(late_asleep),
                            .awake = 2 * GET(late_awake),
                            .wakes = GET(wakes),
                            .last_wake = GET(last_wake)};
}
