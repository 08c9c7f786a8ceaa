/* How threads share a loop.
 *
 * Who shares what. The owner of a crew writes the job and publishes it by
 * storing `ticket`: the loop's epoch and the units that are left, in one word.
 * Caller and helpers claim units by counting the ticket down; a claim fails
 * once nothing is left or the epoch has moved on, so a helper that wakes too
 * late takes nothing from a later loop. The caller starts at once and waits
 * until `done` counts all units; it never waits for a helper that has not
 * claimed one.
 *
 * Why a helper may read the job while a later one is written. The fields are
 * atomic, so a mixture can be read; but a claim on epoch e succeeds only before
 * e's units are all done, and the next job is written after that: whoever read
 * anything of the next job has lost the claim. For this the ticket itself must
 * say what is left: a count compared with the job's would be compared with the
 * next job's, and a claim could succeed after the end.
 *
 * Claims are relaxed: helpers acquire the caller's writes, the caller acquires
 * the helpers', but no part acquires what another part of its loop released.
 * Such an edge would hide a race between parts from ThreadSanitizer. Loops that
 * follow each other on one crew are ordered, whoever calls them.
 *
 * Sleeping is Dekker's: one side stores its flag and then looks at the counter,
 * the other stores the counter and then looks at the flag, all seq_cst. Waking
 * takes a system call of some 10 us, so nobody is woken for less work than
 * that; then the caller wakes one helper, and each that comes wakes two more.
 *
 * A forked child has no helpers. The handler, alone in the child, empties the
 * crew and raises `generation`; a thread that was inside a part when it forked
 * sees that and leaves. */

#include "kernels/workers/threads/crew.h"

#include "kernels/workers/fp_modes.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/threads/cpu_placement.h"
#include "kernels/workers/threads/crew_state.h"
#include "kernels/workers/threads/futex.h"
#include "kernels/workers/threads/ticks.h"

#define UNITS_MAX ((size_t)UINT32_MAX / 2)

/* The crews whose loops the calling thread has a share of, the innermost first;
 * on its stack. */
typedef struct place {
    const rtk_crew *crew;
    const struct place *outer;
} place;
static _Thread_local const place *inside;

bool rtk_crew_inside(const rtk_crew *crew) {
    for (const place *p = inside; p; p = p->outer)
        if (p->crew == crew) return true;
    return false;
}

/* ---- A share of a loop ----------------------------------------------------
 */

typedef struct job {
    void (*range)(void *arg, size_t from, size_t to);
    void *arg;
    const rtk_cancel *cancel;
    size_t parts, grain;
    uint32_t units, take; /* take: at a time; 0 is guided */
    uint32_t workers;
} job;

static job job_of(rtk_crew *crew) {
    return (job){.range = GET(range),
                 .arg = GET(arg),
                 .cancel = GET(cancel),
                 .parts = GET(parts),
                 .grain = GET(grain),
                 .units = (uint32_t)GET(units),
                 .take = GET(take),
                 .workers = GET(seats) + 1};
}

/* How many of the units that are left to take. */
static uint32_t bite(const job *j, uint32_t left) {
    uint32_t take = j->take ? j->take : left / (2 * j->workers);
    if (take > left) take = left;
    return take ? take : 1;
}

/* Claim units, or all that are left. Nothing of the caller's may be looked at
 * before one is held: the loop may be over, and its memory gone.
 *
 *   left  out: how many were left before
 *
 * Returns how many, 0 for none. */
static uint32_t claim(rtk_crew *crew, uint32_t epoch, const job *j, bool all,
                      uint32_t *left) {
    uint64_t ticket = GET(ticket);
    uint32_t taken;
    do {
        *left = (uint32_t)ticket;
        if (rtk_epoch_of(ticket) != epoch || !*left) return 0;
        taken = all ? *left : bite(j, *left);
        /* Relaxed, to make no edge between parts. It continues the release
         * sequence of publish(), so await() still acquires the job. */
    } while (!atomic_compare_exchange_weak_explicit(
        &crew->ticket, &ticket, ticket - taken, memory_order_relaxed,
        memory_order_relaxed));
    return taken;
}

/* With units that have not been reported: the loop lasts. Once nothing is to be
 * run any more, one claims all, so that a huge loop ends at once. */
static bool stopped(const job *j) {
    return j->cancel && rtk_cancel_requested(j->cancel);
}

static void run_units(const job *j, uint32_t left, uint32_t taken) {
    size_t from = (size_t)(j->units - left) * j->grain;
    /* The last unit may be shorter; and parts near SIZE_MAX must not wrap. */
    size_t to = taken == left ? j->parts : from + (size_t)taken * j->grain;
    j->range(j->arg, from, to);
}

/* ---- The helper's side ----------------------------------------------------
 */

static bool is_new(rtk_crew *crew, uint64_t seen) {
    /* Acquire the job; pairs with the store in publish(). */
    return rtk_epoch_of(atomic_load_explicit(&crew->ticket,
                                             memory_order_acquire)) != seen;
}

/* Sleep until rouse(). */
static void doze(rtk_crew *crew, helper *h) {
    /* Dekker with publish() and rouse(). */
    atomic_store_explicit(&h->asleep, 1, memory_order_seq_cst);
    while (rtk_epoch_of(atomic_load_explicit(
               &crew->ticket, memory_order_seq_cst)) == h->seen &&
           atomic_load_explicit(&h->asleep, memory_order_relaxed))
        rtk_futex_wait(&h->asleep, 1);
    /* Relaxed: a waker that reads it too late wakes once too often. */
    atomic_store_explicit(&h->asleep, 0, memory_order_relaxed);
}

/* Wait for a loop; false: end. */
static bool await(rtk_crew *crew, helper *h, bool *slept) {
    *slept = h->index >= GET(brisk) ||
             !rtk_crew_look(crew, is_new, h->seen, GET(look));
    if (*slept) doze(crew, h);
    /* Acquire the job; pairs with the store in publish(). */
    h->seen =
        rtk_epoch_of(atomic_load_explicit(&crew->ticket, memory_order_acquire));
    return h->index < GET(kept);
}

static void arrive(rtk_crew *crew, helper *h, bool slept, unsigned seats) {
    unsigned called = GET(called) < seats ? GET(called) : seats;
    if (h->index == 0) rtk_crew_note_arrival(crew, h, slept);
    /* A helper on the caller's CPU is no help. Relaxed: what is read of a later
     * job is only advice. */
    bool brought =
        atomic_exchange_explicit(&h->brought, false, memory_order_relaxed);
    if (brought || h->index < GET(brisk)) rtk_cpu_leave(GET(cpu), brought);
    rtk_fp_modes_set(GET(fp_modes));
    for (unsigned i = 2 * h->index + 1; i <= 2 * h->index + 2; i++)
        if (i < called) rtk_crew_rouse(crew, i);
}

/* Run units until none is left; returns how many. */
static size_t help_with(rtk_crew *crew, const helper *h, const job *j) {
    size_t mine = 0;
    uint32_t left = 0, taken;
    bool all = false;
    while ((taken = claim(crew, h->seen, j, all, &left))) {
        run_units(j, left, taken);
        mine += taken;
        all = stopped(j);
    }
    return mine;
}

static void report(rtk_crew *crew, size_t mine, size_t units) {
    /* Release what our parts wrote, pairs with rtk_crew_settle(), and Dekker
     * with it. After the last count the crew may serve another loop, so
     * nothing of this one is touched. */
    size_t before = atomic_fetch_add_explicit(
        &crew->done, mine,
        RTK_PLANT(crew_report) ? memory_order_relaxed : memory_order_seq_cst);
    if (before + mine == units &&
        atomic_exchange_explicit(&crew->waiting, 0, memory_order_seq_cst))
        rtk_futex_wake(&crew->waiting, 1);
}

void *rtk_crew_help(void *arg) {
    helper *h = arg;
    rtk_crew *crew = h->crew;
    bool slept = false;
    place here = {.crew = crew};
    inside = &here;
    rtk_cpu_remember();
    while (await(crew, h, &slept)) {
        job j = job_of(crew);
        if (h->index + 1 >= j.workers) continue;
        arrive(crew, h, slept, j.workers - 1);
        atomic_store_explicit(&h->working, true, memory_order_relaxed);
        size_t mine = help_with(crew, h, &j);
        if (crew->generation != h->generation) break;
        /* Before the report: after it, this may be another loop's. */
        atomic_store_explicit(&h->working, false, memory_order_relaxed);
        if (mine) report(crew, mine, j.units);
    }
    inside = NULL;
    return NULL;
}

/* ---- The owner's side -----------------------------------------------------
 */

uint32_t rtk_crew_publish(rtk_crew *crew, uint32_t units) {
    uint32_t epoch = rtk_epoch_of(GET(ticket)) + 1;
    /* Release the job; pairs with the acquires in await() and is_new(). Dekker
     * with doze(). */
    atomic_store_explicit(&crew->ticket, (uint64_t)epoch << 32 | units,
                          RTK_PLANT(crew_publish) ? memory_order_relaxed
                                                  : memory_order_seq_cst);
    return epoch;
}

static job write_job(rtk_crew *crew, const rtk_crew_job *given) {
    job j = {.range = given->range,
             .arg = given->arg,
             .cancel = given->cancel,
             .parts = given->parts,
             .grain = 1 + given->parts / UNITS_MAX,
             .workers = given->seats + 1};
    j.units = (uint32_t)(j.parts / j.grain + (j.parts % j.grain != 0));
    if (given->schedule == RTK_DYNAMIC) j.take = 1;
    if (given->schedule == RTK_STATIC)
        j.take = j.units / j.workers + (j.units % j.workers != 0);
    PUT(range, j.range);
    PUT(arg, j.arg);
    PUT(cancel, j.cancel);
    PUT(parts, j.parts);
    PUT(grain, j.grain);
    PUT(units, j.units);
    PUT(take, j.take);
    PUT(start, given->start);
    PUT(look, given->look);
    PUT(seats, given->seats);
    PUT(fp_modes, rtk_fp_modes());
    PUT(brisk, given->brisk);
    PUT(called, rtk_crew_first_called(crew, given));
    PUT(cpu, given->make_way ? rtk_cpu_here() : -1);
    PUT(done, 0);
    return j;
}

static size_t share(rtk_crew *crew, uint32_t epoch, const job *j,
                    const rtk_crew_job *given) {
    size_t mine = 0;
    uint32_t left = 0, taken;
    unsigned next = 0;
    rtk_crew_call(crew, &next);
    while ((taken = claim(crew, epoch, j, stopped(j), &left))) {
        run_units(j, left, taken);
        mine += taken;
        if (left > taken) rtk_crew_tend(crew, given, &next);
    }
    return mine;
}

rtk_status rtk_crew_run(rtk_crew *crew, const rtk_crew_job *given,
                        size_t *mine) {
    unsigned generation = crew->generation;
    job j = write_job(crew, given);
    place here = {crew, inside};
    inside = &here;
    size_t units = share(crew, rtk_crew_publish(crew, j.units), &j, given);
    inside = here.outer;
    *mine = units == j.units ? j.parts : units * j.grain;
    /* A part forked and this is the child: the rest ran elsewhere. */
    if (crew->generation != generation) return RTK_ECANCELLED;
    /* Relaxed: our own writes need no handing over. */
    atomic_fetch_add_explicit(&crew->done, units, memory_order_relaxed);
    rtk_crew_settle(crew, j.units);
    crew->last_end = rtk_ticks();
    return RTK_OK;
}
