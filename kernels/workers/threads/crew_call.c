/* Who is woken, and when. Waking takes a system call, and time until the helper
 * is there; both are measured. A loop that takes no longer than that is not
 * worth it. But a helper that was woken looks for the next loop before it
 * sleeps: when short loops follow each other closely, what they took so far
 * counts, and it is woken as soon as that would have paid for it. */

#include "kernels/workers/threads/crew_state.h"
#include "kernels/workers/threads/futex.h"
#include "kernels/workers/threads/ticks.h"

/* Later arrivals were kept from coming; a figure that is older is not believed;
 * from a long loop on, helpers without a CPU of their own take part. */
enum {
    LATEST_ASLEEP_NS = 1000000,
    LATEST_AWAKE_NS = 5000,
    BELIEVED_NS = 1000000000,
    DEFAULT_ASLEEP_NS = 50000,
    LONG_NS = 1000000
};

/* Interruptions make some figures large: down fast, up slowly. Relaxed: advice,
 * of one writer at a time. */
static void learn(_Atomic uint64_t *mean, uint64_t seen) {
    uint64_t before = atomic_load_explicit(mean, memory_order_relaxed);
    uint64_t after = seen < before ? before - (before - seen) / 4
                                   : before + (seen - before) / 32;
    atomic_store_explicit(mean, after, memory_order_relaxed);
}

void rtk_crew_note_arrival(rtk_crew *crew, const helper *h, bool slept) {
    uint64_t start = GET(start), now = rtk_ticks();
    /* A later job's start: it is not ours. */
    if (rtk_epoch_of(GET(ticket)) != h->seen || now < start) return;
    uint64_t latest =
        rtk_ticks_of_ns(slept ? LATEST_ASLEEP_NS : LATEST_AWAKE_NS);
    uint64_t late = now - start;
    learn(slept ? &crew->late_asleep : &crew->late_awake,
          late < latest ? late : latest);
}

static helper *helper_at(rtk_crew *crew, unsigned index) {
    /* Acquire: pairs with the release by whoever made the helper. */
    return atomic_load_explicit(&crew->helpers[index], memory_order_acquire);
}

static bool is_asleep(rtk_crew *crew, unsigned index) {
    helper *h = helper_at(crew, index);
    /* Dekker with the helper's going to sleep. */
    return h && atomic_load_explicit(&h->asleep, memory_order_seq_cst);
}

bool rtk_crew_rouse(rtk_crew *crew, unsigned index) {
    uint32_t asleep = 1;
    if (!is_asleep(crew, index)) return false;
    helper *h = helper_at(crew, index);
    /* Relaxed, as an order here would be an edge from our parts to its. */
    if (!atomic_compare_exchange_strong_explicit(
            &h->asleep, &asleep, 0, memory_order_relaxed, memory_order_relaxed))
        return false;
    rtk_futex_wake(&h->asleep, 1);
    return true;
}

/* Wake the next helper that sleeps, of those from *next on, and learn what that
 * costs. */
static void rouse_next(rtk_crew *crew, unsigned *next, unsigned called) {
    uint64_t start = rtk_ticks();
    bool roused = false;
    while (*next < called && !roused) roused = rtk_crew_rouse(crew, (*next)++);
    if (!roused) return;
    uint64_t now = rtk_ticks();
    learn(&crew->wake, now - start);
    PUT(last_wake, now);
    PUT(wakes, GET(wakes) + 1);
    crew->debt = 0;
}

static uint64_t crossover(rtk_crew *crew, uint64_t now) {
    bool fresh = now - GET(last_wake) < rtk_ticks_of_ns(BELIEVED_NS);
    return GET(wakes) && fresh ? GET(wake) + GET(late_asleep)
                               : rtk_ticks_of_ns(DEFAULT_ASLEEP_NS);
}

/* What this loop and those closely before it take, in the caller alone. */
static uint64_t debt(rtk_crew *crew, const rtk_crew_job *given) {
    bool close = given->start - crew->last_end < given->look;
    if (!close) crew->debt = 0;
    bool over = __builtin_add_overflow(crew->debt, given->total, &crew->debt);
    return over ? UINT64_MAX : crew->debt;
}

unsigned rtk_crew_first_called(rtk_crew *crew, const rtk_crew_job *given) {
    bool is_long = given->total >= rtk_ticks_of_ns(LONG_NS);
    if (given->urgent || !given->total || is_long) return given->seats;
    if (given->spins || debt(crew, given) >= crossover(crew, given->start))
        return given->brisk;
    return 0;
}

void rtk_crew_call(rtk_crew *crew, unsigned *next) {
    unsigned called = GET(called);
    if (called) rouse_next(crew, next, called);
}

void rtk_crew_tend(rtk_crew *crew, const rtk_crew_job *given, unsigned *next) {
    /* Who is awake by now is coming. */
    while (*next < given->seats && !is_asleep(crew, *next)) ++*next;
    if (*next >= given->seats) return;
    uint64_t now = rtk_ticks(), taken = now - given->start;
    unsigned called = GET(called);
    if (taken >= crossover(crew, now) && called < given->brisk)
        called = given->brisk;
    if (taken >= rtk_ticks_of_ns(LONG_NS)) called = given->seats;
    PUT(called, called);
    rouse_next(crew, next, called);
}
