/* How one looks for news, and how the owner waits for the units that helpers
 * have claimed. It looks for a
 * moment, then sleeps. Before that, and now and then, it sees whether a helper
 * with a share is kept from running: its CPU time stands still. That one is
 * brought to the owner's CPU, which is free while the owner sleeps. */

#include "kernels/workers/threads/cpu_placement.h"
#include "kernels/workers/threads/crew_state.h"
#include "kernels/workers/threads/futex.h"
#include "kernels/workers/threads/ticks.h"

enum {
    LOOKS = 32,
    LOOK_NS = 25000,
    FIRST_NAP_NS = 1000000,
    LONGEST_NAP_NS = 64000000
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

bool rtk_crew_look(rtk_crew *crew, bool (*ready)(rtk_crew *crew, uint64_t word),
                   uint64_t word, uint64_t ticks) {
    uint64_t start = 0;
    for (;;) {
        for (unsigned i = 0; i < LOOKS; i++) {
            if (ready(crew, word)) return true;
            relax();
        }
        if (!start) start = rtk_ticks();
        if (rtk_ticks() - start >= ticks) return false;
    }
}

static bool all_done(rtk_crew *crew, uint64_t units) {
    /* Acquire what the helpers wrote; pairs with their report. */
    return atomic_load_explicit(&crew->done, memory_order_acquire) == units;
}

/* See how far the helpers with a share have come; if `bring`, bring those that
 * have not moved since the last time. */
static void survey(rtk_crew *crew, bool bring) {
    unsigned seats = GET(seats), brisk = GET(brisk);
    for (unsigned i = 0; i < seats && i < brisk; i++) {
        helper *h = GET(helpers[i]);
        /* Relaxed: advice; helping the wrong one costs time, not sense. */
        if (!atomic_load_explicit(&h->working, memory_order_relaxed)) continue;
        uint64_t used = rtk_cpu_used_ns(h->id);
        if (bring && used == h->used_ns) {
            atomic_store_explicit(&h->brought, true, memory_order_relaxed);
            rtk_cpu_bring(h->id);
        }
        h->used_ns = used;
    }
}

/* Sleep until the helper that counts the last unit wakes us. */
static void sleep_until_done(rtk_crew *crew, size_t units, bool move) {
    uint32_t nap = FIRST_NAP_NS;
    /* Dekker with report(). A helper that is late from the loop before may
     * take our flag down: put it up again each time. */
    atomic_store_explicit(&crew->waiting, 1, memory_order_seq_cst);
    while (atomic_load_explicit(&crew->done, memory_order_seq_cst) != units) {
        rtk_futex_wait_for(&crew->waiting, 1, nap);
        atomic_store_explicit(&crew->waiting, 1, memory_order_seq_cst);
        if (all_done(crew, units)) break;
        if (move) survey(crew, true);
        if (nap < LONGEST_NAP_NS) nap *= 2;
    }
    atomic_store_explicit(&crew->waiting, 0, memory_order_relaxed);
}

void rtk_crew_settle(rtk_crew *crew, size_t units) {
    if (all_done(crew, units)) return;
    uint64_t ticks = rtk_ticks_of_ns(LOOK_NS);
    bool brisk = GET(brisk) >= GET(seats), move = GET(cpu) >= 0;
    if (brisk && rtk_crew_look(crew, all_done, units, ticks)) return;
    if (move) {
        survey(crew, false);
        if (rtk_crew_look(crew, all_done, units, ticks)) return;
        survey(crew, true);
    }
    sleep_until_done(crew, units, move);
}
