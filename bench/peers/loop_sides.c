#include "bench/peers/loop_sides.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/peers/quantiles.h"
#include "harness/clock.h"

enum {
    BUSY_NS = 1000000,
    SPACED_CALLS = 6,
    IDLE_STEPS = 10,
    IDLE_ROUNDS = 5,
    STEP_MS = 100
};
enum { WATCHED = 16, WATCHED_SPACED = 2, COUNTED = 100, BEFORE_IDLE = 200 };

typedef struct opened {
    const rtk_dispatcher *dispatcher;
    const rtk_loop_case *loop;
    rtk_dispatch dispatch;
    /* Of the loops that are run next, and what is seen. */
    uint64_t calls;
    rtk_sample *sample;
} opened;

const char *rtk_rhythm_text(rtk_rhythm rhythm) {
    switch (rhythm) {
    case RTK_BACK_TO_BACK: return "back to back";
    case RTK_SPACED:
    case RTK_UNTIL_FIRST: return "1 ms apart";
    case RTK_IDLE: break;
    }
    return NULL;
}

void rtk_be_busy(void) {
    uint64_t end = rtk_clock_ns() + BUSY_NS;
    while (rtk_clock_ns() < end) continue;
}

/* Call body(o) where the runtime's loops cost least. */
static void within(opened *o, void (*body)(void *arg)) {
    if (o->dispatcher->within)
        o->dispatcher->within(body, o);
    else
        body(o);
}

static void many(void *arg) {
    const opened *o = arg;
    o->dispatcher->loops(&o->dispatch, o->calls);
}

static void run(void *state, uint64_t calls) {
    opened *o = state;
    o->calls = calls;
    within(o, many);
}

/* ---- Who takes part --------------------------------------------------------
 */

static void watch_some(void *arg) {
    static rtk_witness witness;
    opened *o = arg;
    bool spaced = o->loop->rhythm != RTK_BACK_TO_BACK;
    rtk_dispatch d = o->dispatch;
    d.arg = &witness;
    for (int i = 0; i < (spaced ? WATCHED_SPACED : WATCHED); i++) {
        rtk_witness_start(&witness);
        if (spaced) rtk_be_busy();
        o->dispatcher->loops(&d, 1);
        o->sample->loops++;
        o->sample->shared += rtk_witness_shared(&witness, d.parts);
    }
}

static void watch(void *state, rtk_sample *sample) {
    opened *o = state;
    o->sample = sample;
    within(o, watch_some);
}

/* ---- 1 ms apart ------------------------------------------------------------
 */

static void one_by_one(void *arg) {
    opened *o = arg;
    double ns[SPACED_CALLS];
    uint64_t first = 0;
    for (uint64_t i = 0; i < o->calls; i++) {
        rtk_be_busy();
        if (o->loop->rhythm == RTK_UNTIL_FIRST) rtk_body_first_at(&first);
        uint64_t start = rtk_clock_ns();
        o->dispatcher->loops(&o->dispatch, 1);
        uint64_t end = rtk_clock_ns();
        /* A caller that got no part was blocked all the time. */
        ns[i] = (double)((first > start ? first : end) - start);
    }
    rtk_body_first_at(NULL);
    o->sample->ns = rtk_quantile(ns, o->calls, 0.5);
}

static void measure_spaced(void *state, uint64_t calls, rtk_sample *sample) {
    opened *o = state;
    o->calls = sample->calls = calls < SPACED_CALLS ? calls : SPACED_CALLS;
    o->sample = sample;
    within(o, one_by_one);
}

/* ---- Idle ------------------------------------------------------------------
 */

/* CPU time of all threads. The clock of the process counts what the others have
 * used up to their last tick, which may be milliseconds ago; those of the
 * threads, whose numbers are ABI, count all. */
static uint64_t used_ns(void) {
    uint64_t sum = 0;
    struct timespec t;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return rtk_clock_cpu_ns();
    for (struct dirent *d; (d = readdir(tasks));) {
        int thread = atoi(d->d_name);
        clockid_t clock = (clockid_t)(~(unsigned)thread << 3 | 6U);
        if (thread > 0 && clock_gettime(clock, &t) == 0)
            sum += (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
    }
    closedir(tasks);
    return sum;
}

static void measure_idle(void *state, uint64_t calls, rtk_sample *sample) {
    uint64_t ns = calls * STEP_MS * UINT64_C(1000000);
    struct timespec pause = {(time_t)(ns / 1000000000U),
                             (long)(ns % 1000000000U)};
    run(state, BEFORE_IDLE);
    uint64_t start_ns = rtk_clock_ns(), cpu_ns = used_ns();
    nanosleep(&pause, NULL);
    cpu_ns = used_ns() - cpu_ns;
    sample->ns = (double)cpu_ns * 1e9 / (double)(rtk_clock_ns() - start_ns);
}

/* ---- Opening ---------------------------------------------------------------
 */

/* Whether every loop runs every part once. */
static bool complete(opened *o) {
    static rtk_witness witness;
    bool all = true;
    rtk_dispatch whole = o->dispatch;
    o->dispatch.arg = &witness;
    for (int i = 0; i < COUNTED; i++) {
        rtk_witness_start(&witness);
        run(o, 1);
        all &= rtk_witness_complete(&witness, whole.parts);
    }
    o->dispatch = whole;
    return all;
}

/* A process has one runtime and one number of workers. */
static void start(const rtk_dispatcher *dispatcher, unsigned workers) {
    static bool started;
    if (!started && dispatcher->start) dispatcher->start(workers);
    started = true;
}

static rtk_status open_loop(const rtk_side *side, void **state,
                            char sentence[RTK_SIDE_SENTENCE]) {
    const rtk_loop_case *l = side->self;
    const rtk_runtime *runtime = rtk_runtime_named(side->peer);
    const rtk_dispatcher *dispatcher =
        runtime ? rtk_runtime_load(runtime, l->policy, sentence) : NULL;
    if (!dispatcher) return RTK_EUNSUPPORTED;
    opened *o = malloc(sizeof *o);
    if (!o) return RTK_ENOMEM;
    *o = (opened){.dispatcher = dispatcher,
                  .loop = l,
                  .dispatch = {.workers = l->workers,
                               .parts = l->parts,
                               .part = l->body->part}};
    start(dispatcher, l->workers);
    rtk_body_meeting_of(l->parts);
    if (complete(o)) {
        *state = o;
        return RTK_OK;
    }
    snprintf(sentence, RTK_SIDE_SENTENCE,
             "a loop did not run every part exactly once");
    free(o);
    return RTK_EFAILED;
}

/* ---- Lists -----------------------------------------------------------------
 */

void rtk_side_list_add(rtk_side_list *list, rtk_side side) {
    if (list->n < RTK_SIDES_MAX) list->side[list->n++] = side;
}

void rtk_side_list_loop(rtk_side_list *list, const rtk_loop_case *l,
                        const rtk_runtime *r) {
    size_t i = list->n;
    if (i == RTK_SIDES_MAX) return;
    bool one_by_one = l->rhythm != RTK_BACK_TO_BACK;
    snprintf(list->process[i], sizeof list->process[i], "%s %s %u", r->name,
             r->one_policy ? "" : rtk_policy_text(l->policy), l->workers);
    list->cases[i] = *l;
    rtk_side side = {.group = l->group,
                     .title = l->rhythm == RTK_IDLE ? "CPU of an idle second"
                                                    : l->body->title,
                     .peer = r->name,
                     .policy = rtk_policy_text(l->policy),
                     .rhythm = rtk_rhythm_text(l->rhythm),
                     .part_us = l->body->us,
                     .workers = l->workers,
                     .kind = r->kind,
                     .waits = l->waits,
                     .process = list->process[i],
                     .env = r->env[l->policy],
                     .confined = l->confined,
                     .calls = one_by_one ? SPACED_CALLS : 0,
                     .sample_ns = l->sample_ns,
                     .self = &list->cases[i],
                     .open = open_loop,
                     .run = one_by_one ? NULL : run,
                     .warm = watch,
                     .measure = one_by_one ? measure_spaced : NULL};
    if (l->rhythm == RTK_IDLE) {
        side.calls = IDLE_STEPS;
        side.rounds = IDLE_ROUNDS;
        side.measure = measure_idle;
    }
    rtk_side_list_add(list, side);
}

void rtk_side_list_all(rtk_side_list *list, const rtk_loop_case *l) {
    size_t n;
    const rtk_runtime *r = rtk_runtimes(&n);
    for (size_t i = 0; i < n; i++)
        if (r[i].kind != RTK_KIND_VARIANT &&
            !(r[i].many_only && l->workers == 1))
            rtk_side_list_loop(list, l, &r[i]);
}
