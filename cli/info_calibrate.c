/* The crossover of the workers runtime on this machine: measured without its
 * cut-off, and what its own pool makes of it. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/info.h"
#include "harness/clock.h"
#include "harness/progress.h"
#include "kernels/workers/calibrate.h"

enum { TURNS = 9, LESSONS = 20 };

/* How helpers are found: the pause before a loop decides. */
static const struct state {
    const char *name;
    double pause_s, share; /* of the budget */
} states[] = {{"awake", 0, 0.25}, {"asleep", 1e-3, 0.75}};

/* How far the whole is, and how it is stopped. */
typedef struct course {
    rtk_cancel cancel;
    uint64_t start_ns;
    double before, share; /* of the whole: done, and of this part */
    const char *helpers;
    unsigned workers;
} course;

static void show(void *to, double done) {
    course *c = to;
    if (rtk_interrupted()) rtk_cancel_request(&c->cancel);
    rtk_progress(true, (uint64_t)(100 * (c->before + c->share * done)), 100,
                 c->start_ns, "crossover of %u workers, helpers %s", c->workers,
                 c->helpers);
}

static json_t *described(const rtk_crossover_found *f,
                         const struct state *state, unsigned workers) {
    return json_pack(
        "{ss sI s[fff] sI sb sb sf sf}", "helpers", state->name, "workers",
        (json_int_t)workers, "crossover_us", f->low_ns / 1e3,
        f->median_ns / 1e3, f->high_ns / 1e3, "searches",
        (json_int_t)f->searches, "never", f->never * 2 > f->searches, "always",
        f->always * 2 > f->searches, "least_us", RTK_CROSSOVER_LEAST_NS / 1e3,
        "most_us", RTK_CROSSOVER_MOST_NS / 1e3);
}

static rtk_status measure(course *c, const struct state *state, double seconds,
                          json_t *list) {
    rtk_crossover_plan plan = {.size = sizeof plan,
                               .workers = c->workers,
                               .pause_s = state->pause_s,
                               .budget_s = seconds,
                               .cancel = &c->cancel,
                               .progress = show,
                               .to = c};
    rtk_crossover_found found;
    show(c, 0);
    rtk_status s = rtk_crossover_measure(&plan, &found);
    if (!s) json_array_append_new(list, described(&found, state, c->workers));
    return s;
}

/* ---- The pool that everybody shares ---------------------------------------
 */

static rtk_status part(void *arg, size_t i) {
    (void)i;
    rtk_crossover_work(*(const double *)arg);
    return RTK_OK;
}

/* One loop with `ns` of work, which the pool is told of beforehand; how many
 * workers it was given: one when it was cut off as too small. */
static rtk_status loop(unsigned workers, double ns, unsigned *effective) {
    double share = ns / workers;
    rtk_work work = {.size = sizeof work,
                     .workers = workers,
                     .parts = workers,
                     .run = part,
                     .arg = &share,
                     .part_ns = (uint64_t)share};
    rtk_loop did = {.size = sizeof did};
    rtk_status s = rtk_work_run(&work, &did);
    *effective = did.cut_off ? 1 : did.effective;
    return s;
}

static void rest(double seconds) {
    struct timespec pause = {0, (long)(seconds * 1e9)};
    if (seconds > 0) nanosleep(&pause, NULL);
}

static int ascending(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* What most of some loops were given. */
static rtk_status try(const struct state *state, unsigned workers, double ns,
                      json_t *list) {
    unsigned got[TURNS], unused;
    rtk_status s = RTK_OK;
    for (int i = 0; !s && i < TURNS; i++) {
        rest(state->pause_s);
        /* A loop that is long wakes the helpers. */
        if (!(state->pause_s > 0)) s = loop(workers, 2e5, &unused);
        if (!s) s = loop(workers, ns, &got[i]);
    }
    if (s) return s;
    qsort(got, TURNS, sizeof *got, ascending);
    json_array_append_new(
        list, json_pack("{ss sf sI sI}", "helpers", state->name, "work_us",
                        ns / 1e3, "workers", (json_int_t)workers, "effective",
                        (json_int_t)got[TURNS / 2]));
    return RTK_OK;
}

static rtk_status teach(unsigned workers) {
    unsigned unused;
    rtk_status s = RTK_OK;
    for (int asleep = 0; asleep < 2; asleep++)
        for (int i = 0; !s && i < LESSONS; i++) {
            rest(asleep ? states[1].pause_s : 0);
            s = loop(workers, 4e5, &unused);
        }
    return s;
}

static rtk_status ask_pool(unsigned workers, json_t *result) {
    rtk_pool *pool = rtk_pool_shared();
    rtk_crossover learned = {.size = sizeof learned};
    json_t *loops = json_array();
    rtk_status s = pool ? teach(workers) : RTK_ENOMEM;
    if (!s) rtk_pool_crossover(pool, &learned);
    for (int i = 0; !s && i < 2; i++) {
        /* What is below this is cut off; helpers that sleep are woken for the
         * rest when it proves long. */
        double at = learned.awake_ns;
        if (at > 0) s = try(&states[i], workers, at / 4, loops);
        if (!s) s = try(&states[i], workers, 4 * at + 1000, loops);
    }
    json_object_set_new(result, "loops", loops);
    json_object_set_new(result, "pool_learned",
                        json_pack("{sf sf sI}", "asleep_us",
                                  learned.asleep_ns / 1e3, "awake_us",
                                  learned.awake_ns / 1e3, "wakes",
                                  (json_int_t)learned.wakes));
    return s;
}

/* ---- All of it ------------------------------------------------------------
 */

/* Who else was busy: then helpers wait for a CPU, and the figures are large. */
static void note_load(unsigned cpus, json_t *result) {
    double load = 0;
    if (getloadavg(&load, 1) != 1) return;
    json_object_set_new(result, "load", json_real(load));
    json_object_set_new(result, "busy", json_boolean(load > 0.75 * cpus));
}

static rtk_status all(double seconds, unsigned cpus, json_t *result) {
    course c = {.start_ns = rtk_clock_ns(), .workers = 2};
    json_t *found = json_array();
    unsigned counts = cpus > 2 ? 2 : 1;
    rtk_status s = RTK_OK;
    json_object_set_new(result, "found", found);
    for (unsigned k = 0; !s && k < counts; k++, c.workers = cpus)
        for (size_t i = 0; !s && i < 2; i++) {
            c.share = states[i].share / counts;
            c.helpers = states[i].name;
            s = measure(&c, &states[i], seconds * c.share, found);
            c.before += c.share;
        }
    if (!s) s = ask_pool(cpus, result);
    if (!s) note_load(cpus, result);
    rtk_progress_clear(true);
    return s;
}

rtk_status rtk_info_calibrate(double seconds, json_t **result,
                              char sentence[RTK_INFO_SENTENCE]) {
    unsigned cpus = rtk_cpus_usable();
    json_t *calibration = json_object();
    rtk_status s = RTK_OK;
    if (cpus < 2)
        json_object_set_new(
            calibration, "none",
            json_string("none: there is one usable CPU, and every loop runs in "
                        "its caller"));
    else
        s = all(seconds, cpus, calibration);
    if (s == RTK_ECANCELLED || rtk_interrupted()) {
        snprintf(sentence, RTK_INFO_SENTENCE,
                 "interrupted before the crossover was measured");
        s = RTK_ECANCELLED;
    } else if (s) {
        snprintf(sentence, RTK_INFO_SENTENCE,
                 "the crossover could not be measured: %s",
                 s == RTK_ETHREAD ? "no helper thread could be started"
                                  : "there is too little memory");
    }
    if (s)
        json_decref(calibration);
    else
        *result = calibration;
    return s;
}
