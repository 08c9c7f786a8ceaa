/* Whether repeated use keeps more and more memory. A cache that is filled once
 * and then stays is no growth: rounds before the first sample fill it, and what
 * seems to grow is looked at for twice as long again. */
#include <stdio.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/lane.h"
#include "harness/oracles/growth.h"
#include "harness/oracles/oracle.h"
#include "harness/oracles/use_rounds.h"
#include "harness/report.h"

enum {
    FIRST = 8,
    ROUNDS = 12,
    AGAIN = 2 * ROUNDS,
    SHARE = 3,
    TURN = 4,
    LEAST_NS = 20000000
};

/* Amounts after each round: allocated, and mapped. */
typedef struct samples {
    uint64_t heap[AGAIN], mapped[AGAIN];
} samples;

/* Pages of the process's address space. Not in the sanitizers' lanes, which map
 * as they please. */
static uint64_t mapped_bytes(void) {
    unsigned long pages = 0;
    if (rtk_lane_oracle()) return 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%lu", &pages) != 1) pages = 0;
    fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void sample(void *to, unsigned round) {
    samples *s = to;
    s->heap[round] = rtk_lane_allocated();
    s->mapped[round] = mapped_bytes();
}

/* In one trial of four: it takes as long as all the rest, and what grows grows
 * in each. */
static bool applies(const rtk_trial *t) {
    return t->promises & RTK_NO_MEMORY_GROWTH && t->seed % TURN == 1;
}

static void tell(const char *kind, const char *what, uint64_t bytes) {
    if (bytes)
        rtk_finding("memory", kind,
                    "each open(), call and close() in a new thread keeps %llu "
                    "bytes more %s, over %d rounds",
                    (unsigned long long)bytes, what, ROUNDS + AGAIN);
}

static bool probe(rtk_team *team) {
    rtk_actor *a = &team->actor[0];
    samples s;
    /* A call that is as long as the trial leaves no time for this. */
    uint64_t share = a->trial->budget_ns / SHARE;
    uint64_t until = rtk_clock_ns() + (share > LEAST_NS ? share : LEAST_NS);
    if (a->status || rtk_use_rounds(a, FIRST, until, NULL, NULL) < FIRST ||
        rtk_use_rounds(a, ROUNDS, until, sample, &s) < ROUNDS)
        return false;
    bool heap = rtk_growth_each(s.heap, ROUNDS);
    bool mapped = rtk_growth_each(s.mapped, ROUNDS);
    if (!heap && !mapped) return true;
    if (rtk_use_rounds(a, AGAIN, UINT64_MAX, sample, &s) < AGAIN) return false;
    if (heap)
        tell("memory grows", "allocated", rtk_growth_each(s.heap, AGAIN));
    else
        tell("mappings grow", "mapped", rtk_growth_each(s.mapped, AGAIN));
    return true;
}

const rtk_oracle rtk_memory_oracle = {
    .name = "memory",
    .summary = "repeated use, each time by a new thread, keeps no more memory",
    .claim = "RTK_NO_MEMORY_GROWTH",
    .applies = applies,
    .probe = probe,
};
