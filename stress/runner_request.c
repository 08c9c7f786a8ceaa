#include <string.h>

#include "harness/random.h"
#include "kernels/workers/workers.h"
#include "stress/runner.h"

enum { ACTORS_USUAL = 4 };

rtk_status rtk_request_parse(const char *text, rtk_request *request) {
    rtk_request r = {.workers = RTK_WORKERS_UNSET, .declare = true};
    json_int_t seed = 0, repeat = 1, workers = 0;
    const char *scenario = NULL;
    json_int_t op = 0, actors = 0, calls = 50, trial = 100, timeout = 5000,
               budget = 0;
    int declare = 1;
    r.json = json_loads(text, 0, NULL);
    if (!r.json ||
        json_unpack(r.json, "{s?s s?s s?I s?I s?I s?I s?I s?I s?I s?I s?b}",
                    "subject", &r.subject, "scenario", &scenario, "operation",
                    &op, "seed", &seed, "repeat", &repeat, "actors", &actors,
                    "calls", &calls, "trial_ms", &trial, "timeout_ms", &timeout,
                    "budget_ms", &budget, "declare", &declare) != 0) {
        json_decref(r.json);
        return RTK_EINVAL;
    }
    const json_t *asked = json_object_get(r.json, "workers");
    r.workers_given = json_is_integer(asked);
    if (r.workers_given) workers = json_integer_value(asked);
    if (r.workers_given) r.workers = workers;
    r.scenario = scenario ? rtk_scenario_find(scenario) : NULL;
    r.op = (size_t)op;
    r.seed = (uint64_t)seed;
    r.repeat = (uint64_t)repeat;
    r.actors = actors;
    r.calls = (unsigned)calls;
    r.trial_ms = (unsigned)trial;
    r.timeout_ms = (unsigned)timeout;
    r.budget_ms = (unsigned)budget;
    r.declare = declare;
    *request = r;
    return RTK_OK;
}

/* The value of parameter `i`: as given, or drawn from those for stress. */
static rtk_status value_of(const rtk_request *request, const rtk_param *p,
                           uint64_t seed, size_t i, int64_t *value) {
    const json_t *args = json_object_get(request->json, "args");
    const json_t *given = args ? json_object_get(args, p->name) : NULL;
    *value = p->initial;
    if (json_is_integer(given))
        *value = json_integer_value(given);
    else if (p->n_stress)
        *value = p->stress[rtk_random_below(seed, 1000 + i, p->n_stress)];
    return *value < p->least || *value > p->most ? RTK_EINVAL : RTK_OK;
}

static int64_t draw_workers(uint64_t seed) {
    static const int64_t choices[] = {RTK_WORKERS_UNSET, 1, 2, 2, 3, -1};
    return choices[rtk_random_below(seed, 999,
                                    sizeof choices / sizeof *choices)];
}

static unsigned actors_of(const rtk_request *request) {
    unsigned most = RTK_ACTORS_MAX, n = ACTORS_USUAL;
    if (request->actors > 0)
        n = request->actors < most ? (unsigned)request->actors : most;
    else if (request->scenario->usage.actors_per_cpu)
        n = request->scenario->usage.actors_per_cpu * rtk_cpus_usable();
    return n < most ? n : most;
}

rtk_status rtk_request_resolve(const rtk_request *request,
                               const rtk_loaded *loaded, uint64_t seed,
                               int64_t values[RTK_PARAMS_MAX],
                               rtk_trial *trial) {
    const rtk_usage *usage = &request->scenario->usage;
    rtk_trial t = {.usage = usage, .seed = seed, .declare = request->declare};
    t.subject = rtk_plugin_subject(loaded, request->subject);
    if (!t.subject || request->op >= t.subject->n_ops ||
        t.subject->n_params > RTK_PARAMS_MAX)
        return RTK_EINVAL;
    t.op = rtk_subject_op(t.subject, request->op);
    for (size_t i = 0; i < t.subject->n_params; i++)
        if (value_of(request, rtk_subject_param(t.subject, i), seed, i,
                     &values[i]))
            return RTK_EINVAL;
    t.args = (rtk_args){sizeof t.args, values, t.subject->n_params};
    t.workers = request->workers_given ? request->workers : draw_workers(seed);
    t.actors = actors_of(request);
    t.calls = usage->calls_most ? usage->calls_most : request->calls;
    t.budget_ns = (uint64_t)request->trial_ms * 1000000;
    *trial = t;
    return RTK_OK;
}
