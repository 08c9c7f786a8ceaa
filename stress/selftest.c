#include "stress/selftest.h"

#include <string.h>

#include "harness/clock.h"
#include "harness/progress.h"
#include "stress/scenario.h"

enum {
    TWIN_BUDGET_MS = 700,
    TWIN_TRIALS = 20,
    HANG_TIMEOUT_MS = 2500,
    TIMEOUT_MS = 20000
};

/* The last column of faults.def. */
enum { FULL, CANARY };

const rtk_fault rtk_faults[] = {
#define RTK_FAULT(name, category, kind, summary, lane, oracle, scenario, when) \
    {#name, category, kind, summary, lane, oracle, scenario, when == CANARY},
#include "stress/faults/faults.def"
#undef RTK_FAULT
    {0}};

const rtk_category rtk_categories[] = {
#define RTK_CATEGORY(number, name, least) {number, name, least},
#include "stress/faults/categories.def"
#undef RTK_CATEGORY
    {0}};

const char *rtk_fault_category(const rtk_fault *fault) {
    const rtk_category *c = rtk_categories;
    while (c->name && c->number != fault->category) c++;
    return c->name ? c->name : "none";
}

/* What a fault and its twin did. */
typedef struct tried {
    bool found, held, ran;
    rtk_tally fault, twin;
    double seconds;
} tried;

static rtk_cell cell_for(const rtk_fault *f, const rtk_plan *plan,
                         const char *subject, json_t *request) {
    bool hang = strcmp(f->oracle, "hang") == 0;
    return (rtk_cell){.subject = subject,
                      .scenario = f->scenario,
                      .lane = f->lane,
                      .plugin = plan->plugin,
                      .request = request,
                      .cold = rtk_scenario_find(f->scenario)->usage.cold,
                      .planted = true,
                      .timeout_ms = hang ? HANG_TIMEOUT_MS : TIMEOUT_MS};
}

/* Trials one by one until the oracle has spoken. */
static rtk_status try_fault(rtk_session *session, rtk_lane_servers *servers,
                            const rtk_fault *f, const rtk_cell *cell,
                            const rtk_plan *plan, tried *t) {
    uint64_t start = rtk_clock_ns(), seed = plan->seed;
    rtk_status s = RTK_OK;
    while (!s && !t->found &&
           (double)(rtk_clock_ns() - start) / 1e9 < plan->budget_s) {
        s = rtk_cell_run(session, servers, cell, seed++, 1, 0, &t->fault);
        t->found = json_object_get(t->fault.spoke, f->oracle) != NULL;
    }
    t->seconds = (double)(rtk_clock_ns() - start) / 1e9;
    return s;
}

static void write_fault(rtk_session *session, const rtk_fault *f,
                        const tried *t) {
    json_t *by = json_array();
    const char *name, *finding = NULL, *id;
    json_t *one;
    json_object_foreach(t->fault.spoke, name, one)
        json_array_append_new(by, json_string(name));
    json_object_foreach(t->fault.findings, id, one) {
        finding = id;
        break;
    }
    rtk_records_write(
        session->records,
        json_pack("{ss ss ss ss ss ss ss ss sb so sI sf sb sI ss?}", "record",
                  "fault", "fault", f->name, "category", rtk_fault_category(f),
                  "kind", f->kind, "summary", f->summary, "oracle", f->oracle,
                  "lane", f->lane, "scenario", f->scenario, "found", t->found,
                  "found_by", by, "trials", (json_int_t)t->fault.trials,
                  "seconds", t->seconds, "twin_held", t->held, "twin_trials",
                  (json_int_t)t->twin.trials, "finding", finding));
}

static void print_fault(const rtk_fault *f, const tried *t) {
    printf("%-28s %-7s %-10s %s after %llu trial%s, %.2f s; twin %s (%llu)\n",
           f->name, f->lane, f->oracle, t->found ? "found" : "MISSED",
           (unsigned long long)t->fault.trials, t->fault.trials == 1 ? "" : "s",
           t->seconds, t->held ? "held" : "ACCUSED",
           (unsigned long long)t->twin.trials);
    fflush(stdout);
}

static rtk_status try_pair(rtk_session *session, rtk_lane_servers *servers,
                           const rtk_fault *f, const rtk_plan *plan,
                           rtk_selftest *result) {
    char broken[96], sound[96];
    snprintf(broken, sizeof broken, "fault.%s", f->name);
    snprintf(sound, sizeof sound, "sound.%s", f->name);
    json_t *request = json_pack("{si si sb}", "trial_ms", 150, "calls", 400,
                                "declare", plan->declare);
    rtk_cell fault = cell_for(f, plan, broken, request);
    rtk_cell twin = cell_for(f, plan, sound, request);
    twin.timeout_ms = TIMEOUT_MS;
    tried t = {0};
    rtk_tally_init(&t.fault);
    rtk_tally_init(&t.twin);
    rtk_status s = try_fault(session, servers, f, &fault, plan, &t);
    if (!s)
        s = rtk_cell_run(session, servers, &twin, plan->seed, TWIN_TRIALS,
                         TWIN_BUDGET_MS, &t.twin);
    t.held = !t.twin.fresh && !t.twin.known && t.twin.trials;
    if (s != RTK_ECANCELLED) {
        write_fault(session, f, &t);
        print_fault(f, &t);
        result->faults++;
        result->found += t.found;
        result->held += t.held;
        result->missed |= !t.found || !t.held;
    }
    rtk_tally_destroy(&t.fault);
    rtk_tally_destroy(&t.twin);
    json_decref(request);
    return s == RTK_ECANCELLED ? s : RTK_OK;
}

static uint64_t count(const rtk_plan *plan) {
    uint64_t n = 0;
    for (const rtk_fault *f = rtk_faults; f->name; f++)
        n += rtk_names_allow(&plan->subjects, f->name);
    return n;
}

rtk_status rtk_selftest_check(const rtk_plan *plan,
                              char sentence[RTK_SENTENCE]) {
    for (size_t k = 0; k < plan->subjects.n; k++) {
        const rtk_fault *f = rtk_faults;
        while (f->name && strcmp(f->name, plan->subjects.name[k]) != 0) f++;
        if (f->name) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "there is no planted fault \"%s\"; see racetrack list faults",
                 plan->subjects.name[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

static rtk_status run_lane(rtk_session *session, const rtk_plan *plan,
                           const char *lane, uint64_t *done, uint64_t start,
                           rtk_selftest *result, char sentence[RTK_SENTENCE]) {
    rtk_lane_servers servers;
    rtk_status s =
        rtk_lane_open(&servers, plan->runners, plan->plugin, lane, sentence);
    if (s) return s;
    for (const rtk_fault *f = rtk_faults; !s && f->name; f++) {
        if (strcmp(f->lane, lane) != 0 ||
            !rtk_names_allow(&plan->subjects, f->name))
            continue;
        rtk_progress(plan->progress, (*done)++, count(plan), start, "%s",
                     f->name);
        s = try_pair(session, &servers, f, plan, result);
        rtk_progress_clear(plan->progress);
    }
    rtk_lane_close(&servers);
    if (!s && session->records->failed) s = RTK_EIO;
    return s;
}

rtk_status rtk_selftest_run(rtk_session *session, const rtk_plan *plan,
                            rtk_selftest *result, char sentence[RTK_SENTENCE]) {
    static const char *const lanes[] = {"native", "tsan", "asan"};
    uint64_t done = 0, start = rtk_clock_ns();
    *result = (rtk_selftest){0};
    sentence[0] = 0;
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < 3; i++) {
        bool wanted = false;
        for (const rtk_fault *f = rtk_faults; f->name; f++)
            wanted |= strcmp(f->lane, lanes[i]) == 0 &&
                      rtk_names_allow(&plan->subjects, f->name);
        if (!wanted) continue;
        s = run_lane(session, plan, lanes[i], &done, start, result, sentence);
    }
    return s;
}
