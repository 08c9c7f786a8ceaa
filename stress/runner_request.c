#include <string.h>

#include "harness/injection.h"
#include "harness/perturb/perturb.h"
#include "harness/random.h"
#include "harness/report.h"
#include "kernels/workers/workers.h"
#include "stress/axis.h"
#include "stress/runner.h"

enum { ACTORS_USUAL = 4, ACTORS_MANY = 16 };

rtk_status rtk_request_parse(const char *text, rtk_request *request) {
    rtk_request r = {.workers = RTK_WORKERS_UNSET, .declare = true};
    json_int_t seed = 0, repeat = 1, workers = 0;
    const char *scenario = NULL;
    json_int_t actors = 0, calls = 50, trial = 100, timeout = 5000, budget = 0;
    int declare = 1, plain = 0;
    r.json = json_loads(text, 0, NULL);
    if (!r.json ||
        json_unpack(r.json, "{s?s s?s s?s s?I s?I s?I s?I s?I s?I s?I s?b s?b}",
                    "subject", &r.subject, "perturb", &r.perturb, "scenario",
                    &scenario, "seed", &seed, "repeat", &repeat, "actors",
                    &actors, "calls", &calls, "trial_ms", &trial, "timeout_ms",
                    &timeout, "budget_ms", &budget, "declare", &declare,
                    "plain", &plain) != 0) {
        json_decref(r.json);
        return RTK_EINVAL;
    }
    const json_t *asked = json_object_get(r.json, "workers");
    r.workers_given = json_is_integer(asked);
    if (r.workers_given) workers = json_integer_value(asked);
    if (r.workers_given) r.workers = workers;
    r.scenario = scenario ? rtk_scenario_find(scenario) : NULL;
    r.seed = (uint64_t)seed;
    r.repeat = (uint64_t)repeat;
    r.actors = actors;
    r.calls = (unsigned)calls;
    r.trial_ms = (unsigned)trial;
    r.timeout_ms = (unsigned)timeout;
    r.budget_ms = (unsigned)budget;
    r.declare = declare;
    r.plain = plain;
    if (r.perturb && strcmp(r.perturb, "portfolio") == 0) r.perturb = NULL;
    *request = r;
    return RTK_OK;
}

void rtk_request_hear(const rtk_request *request) {
    const json_t *list = json_object_get(request->json, "oracles"), *name;
    const char *names[RTK_HEARD_MAX];
    size_t i, n = 0;
    json_array_foreach(list, i,
                       name) if (n < RTK_HEARD_MAX && json_is_string(name))
        names[n++] = json_string_value(name);
    rtk_report_only(names, n);
}

/* How many workers a call asks for under the conditions. */
static int64_t workers_by(const rtk_trial *t, uint64_t seed) {
    static const int64_t choices[] = {RTK_WORKERS_UNSET, 1, 2, 2, 3, -1};
    /* A helper of the host's own loop may be kept to one CPU for a while. */
    bool one = t->conditions.at[RTK_AXIS_LIMITS] == RTK_LIMITS_ONE_CPU ||
               t->conditions.at[RTK_AXIS_NESTING] == RTK_NESTING_LOOP;
    int64_t cpus = one ? 1 : rtk_cpus_usable();
    switch (t->conditions.at[RTK_AXIS_WORKERS]) {
    case RTK_WORKERS_ONE: return 1;
    case RTK_WORKERS_TWO: return 2;
    case RTK_WORKERS_PRIME: return 7;
    case RTK_WORKERS_CPUS_AND_ONE: return cpus + 1;
    case RTK_WORKERS_ALL: return -1;
    case RTK_WORKERS_LOWEST: return -cpus;
    case RTK_WORKERS_HUGE: return 64;
    case RTK_WORKERS_REFUSED: return 0;
    case RTK_WORKERS_TOO_LOW: return -(int64_t)rtk_cpus_usable() - 1;
    default:
        return choices[rtk_random_below(seed, 999,
                                        sizeof choices / sizeof *choices)];
    }
}

static unsigned callers_by(unsigned condition, const rtk_usage *usage) {
    unsigned cpus = rtk_cpus_usable();
    if (usage->actors_fixed) return usage->actors_fixed;
    if (usage->actors_per_cpu) return usage->actors_per_cpu * cpus;
    switch (condition) {
    case RTK_CALLERS_TWO: return 2;
    case RTK_CALLERS_CPUS_AND_ONE: return cpus + 1;
    case RTK_CALLERS_MANY: return ACTORS_MANY;
    default: return ACTORS_USUAL;
    }
}

static unsigned actors_of(const rtk_request *request, const rtk_trial *t) {
    int64_t n = request->actors;
    if (n <= 0) n = callers_by(t->conditions.at[RTK_AXIS_CALLERS], t->usage);
    return n < RTK_ACTORS_MAX ? (unsigned)n : RTK_ACTORS_MAX;
}

/* Promises that some operation makes. */
static uint64_t promised(const rtk_subject *s) {
    uint64_t all = 0;
    for (size_t i = 0; i < s->n_ops; i++)
        all |= rtk_subject_op(s, i)->claims->promises;
    return all;
}

/* Cells begin at different combinations and perturbations, so that all get
 * their turn in a run that has few trials for each. FNV-1a. */
static uint64_t cell_hash(const rtk_request *request) {
    const char *const words[] = {request->subject, request->scenario->name,
                                 RTK_LANE};
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *c = words[i]; *c; c++)
            h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return h >> 16;
}

rtk_status rtk_request_rows(const rtk_request *request,
                            const rtk_loaded *loaded, rtk_rows *rows) {
    const rtk_subject *s = rtk_plugin_subject(loaded, request->subject);
    if (!s) return RTK_EINVAL;
    rtk_rows_make(rows, &request->scenario->usage, s, promised(s));
    return RTK_OK;
}

/* The conditions whose turn it is at `seed`. */
static rtk_status take_turn(const rtk_request *request,
                            const rtk_loaded *loaded, rtk_trial *t) {
    rtk_rows made;
    const rtk_rows *rows = request->rows;
    if (!rows) {
        if (rtk_request_rows(request, loaded, &made)) return RTK_EINVAL;
        rows = &made;
    }
    t->rows = rows->n;
    t->row = (t->seed + cell_hash(request)) % t->rows;
    t->conditions = rows->row[t->row];
    return RTK_OK;
}

/* Those, or the plain ones, and those that are asked for. */
static rtk_status conditions(const rtk_request *request,
                             const rtk_loaded *loaded, rtk_trial *t) {
    const json_t *asked = json_object_get(request->json, "conditions");
    t->rows = 1;
    if (!request->plain && take_turn(request, loaded, t)) return RTK_EINVAL;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)asked, name, value) {
        const rtk_axis *axis = rtk_axis_find(name);
        const char *word = json_string_value(value);
        size_t v = axis && word ? rtk_axis_value_find(axis, word) : 0;
        if (!axis || !word || v == axis->n) return RTK_EINVAL;
        t->conditions.at[axis->id] = (uint8_t)v;
    }
    return RTK_OK;
}

/* Where not all operations promise what a condition needs, or this lane cannot
 * make it, it is plain. */
static void temper(rtk_trial *t) {
    for (const rtk_axis *const *a = rtk_axes; *a; a++) {
        uint8_t *at = &t->conditions.at[(*a)->id];
        if ((*a)->values[*at].promise & ~t->promises) *at = 0;
    }
    if (!rtk_inject_possible(t)) t->conditions.at[RTK_AXIS_FAILURE] = 0;
}

rtk_status rtk_request_resolve(const rtk_request *request,
                               const rtk_loaded *loaded, uint64_t seed,
                               rtk_trial *trial) {
    const rtk_usage *usage = &request->scenario->usage;
    rtk_trial t = {.loaded = loaded,
                   .usage = usage,
                   .seed = seed,
                   .declare = request->declare,
                   .perturb =
                       request->perturb
                           ? request->perturb
                           : rtk_perturb_draw(seed ^ cell_hash(request))};
    t.subject = rtk_plugin_subject(loaded, request->subject);
    if (!t.subject || t.subject->n_params > RTK_PARAMS_MAX ||
        !rtk_perturb_known(t.perturb))
        return RTK_EINVAL;
    rtk_status s = conditions(request, loaded, &t);
    /* What is given is not varied. */
    if (request->workers_given) t.conditions.at[RTK_AXIS_WORKERS] = 0;
    if (request->actors > 0) t.conditions.at[RTK_AXIS_CALLERS] = 0;
    t.actors = actors_of(request, &t);
    if (!s) s = rtk_request_jobs(request, &t);
    if (s) return s;
    temper(&t);
    t.workers =
        request->workers_given ? request->workers : workers_by(&t, seed);
    t.calls = usage->calls_most ? usage->calls_most : request->calls;
    t.budget_ns = (uint64_t)request->trial_ms * 1000000;
    *trial = t;
    return RTK_OK;
}
