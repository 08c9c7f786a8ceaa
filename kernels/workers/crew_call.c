/* Who is woken, and when. Waking takes a system call, and time until the helper
 * is there; both are measured. A loop that takes no longer than that is not
 * worth it. But a helper that was woken looks for the next loop before it
 * sleeps: when short loops follow each other closely, what they took so far
 * counts, and it is woken as soon as that would have paid for it. */

#include "kernels/workers/crew_state.h"
#include "kernels/workers/futex.h"
#include "kernels/workers/ticks.h"

/* Later arrivals were kept from coming; a figure that is older is not believed;
 * from a long loop on, helpers without a CPU of their own take part. */
static const double latest_asleep_ns = 1e6, latest_awake_ns = 5e3,
                    believed_ns = 1e9, default_asleep_ns = 50e3, long_ns = 1e6;

/* Interruptions make some figures large: down fast, up slowly. Relaxed: advice,
 * of one writer at a time. */
static void learn(_Atomic double *mean, double seen) {
    double before = atomic_load_explicit(mean, memory_order_relaxed);
    double after = before + (seen - before) * (seen < before ? 0.25 : 0.03125);
    atomic_store_explicit(mean, after, memory_order_relaxed);
}

void rtk_crew_note_arrival(rtk_crew *t, const helper *h, bool slept) {
    double late = (double)(int64_t)(rtk_ticks() - GET(start));
    /* A later job's start: it is not ours. */
    if (rtk_epoch_of(GET(ticket)) != h->seen || late < 0) return;
    double rate = rtk_ticks_per_ns();
    double latest = (slept ? latest_asleep_ns : latest_awake_ns) * rate;
    learn(slept ? &t->late_asleep : &t->late_awake,
          late < latest ? late : latest);
}

static bool is_asleep(rtk_crew *t, unsigned index) {
    helper *h = GET(helpers[index]);
    /* Dekker with the helper's going to sleep. */
    return h && atomic_load_explicit(&h->asleep, memory_order_seq_cst);
}

bool rtk_crew_rouse(rtk_crew *t, unsigned index) {
    uint32_t asleep = 1;
    if (!is_asleep(t, index)) return false;
    helper *h = GET(helpers[index]);
    /* Relaxed, as an order here would be an edge from our parts to its. */
    if (!atomic_compare_exchange_strong_explicit(
            &h->asleep, &asleep, 0, memory_order_relaxed, memory_order_relaxed))
        return false;
    rtk_futex_wake(&h->asleep, 1);
    return true;
}

/* Wake the next helper that sleeps, of those from *next on, and learn what that
 * costs. */
static void rouse_next(rtk_crew *t, unsigned *next, unsigned called) {
    uint64_t start = rtk_ticks();
    bool roused = false;
    while (*next < called && !roused) roused = rtk_crew_rouse(t, (*next)++);
    if (!roused) return;
    uint64_t now = rtk_ticks();
    learn(&t->wake, (double)(now - start));
    PUT(last_wake, now);
    PUT(wakes, GET(wakes) + 1);
    t->debt = 0;
}

static double crossover(rtk_crew *t, uint64_t now) {
    double rate = rtk_ticks_per_ns();
    double age = (double)(int64_t)(now - GET(last_wake));
    return GET(wakes) && age < believed_ns * rate ? GET(wake) + GET(late_asleep)
                                                  : default_asleep_ns * rate;
}

/* What this loop and those closely before it take, in the caller alone. */
static double debt(rtk_crew *t, const rtk_crew_job *given) {
    bool close = given->start - t->last_end < given->look;
    t->debt = (close ? t->debt : 0) + given->total;
    return t->debt;
}

unsigned rtk_crew_first_called(rtk_crew *t, const rtk_crew_job *given) {
    bool is_long = given->total >= long_ns * rtk_ticks_per_ns();
    if (given->urgent || given->total < 0 || is_long) return given->seats;
    if (given->spins || debt(t, given) >= crossover(t, given->start))
        return given->brisk;
    return 0;
}

void rtk_crew_call(rtk_crew *t, unsigned *next) {
    unsigned called = GET(called);
    if (called) rouse_next(t, next, called);
}

void rtk_crew_tend(rtk_crew *t, const rtk_crew_job *given, unsigned *next) {
    /* Who is awake by now is coming. */
    while (*next < given->seats && !is_asleep(t, *next)) ++*next;
    if (*next >= given->seats) return;
    double taken = (double)(int64_t)(rtk_ticks() - given->start);
    unsigned called = GET(called);
    if (taken >= crossover(t, given->start) && called < given->brisk)
        called = given->brisk;
    if (taken >= long_ns * rtk_ticks_per_ns()) called = given->seats;
    PUT(called, called);
    rouse_next(t, next, called);
}
