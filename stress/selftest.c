#include "stress/selftest.h"

#include <string.h>

#include "harness/clock.h"
#include "harness/progress.h"

enum { TWIN_BUDGET_MS = 700, TWIN_TRIALS = 20, CANARY_TWIN_BUDGET_MS = 150 };

/* ---- Lane by lane -----------------------------------------------------------
 */

typedef rtk_status (*visit)(const rtk_attempts *a, const rtk_fault *fault,
                            void *arg);

/* The plug-in `name` beside that of the plan. */
static void plugin_beside(const rtk_plan *plan, const char *name,
                          char path[4200]) {
    const char *slash = strrchr(plan->plugin, '/');
    snprintf(path, 4200, "%.*s%s", slash ? (int)(slash - plan->plugin) + 1 : 0,
             plan->plugin, name);
}

/* A fault in a kernel has a plug-in of its own. */
static rtk_status visit_kernel(const rtk_attempts *all, const rtk_fault *f,
                               visit each, void *arg,
                               char sentence[RTK_SENTENCE]) {
    char name[96], fault[4200], twin[4200];
    rtk_lane_servers servers, twins;
    rtk_attempts a = {all->session, &servers, &twins, all->plan};
    snprintf(name, sizeof name, "planted/%s", f->name);
    plugin_beside(a.plan, name, fault);
    plugin_beside(a.plan, "reference", twin);
    rtk_status s =
        rtk_lane_open(&servers, a.plan->runners, fault, f->lane, sentence);
    if (s) return s;
    s = rtk_lane_open(&twins, a.plan->runners, twin, f->lane, sentence);
    if (!s) {
        s = each(&a, f, arg);
        rtk_lane_close(&twins);
    }
    rtk_lane_close(&servers);
    return s;
}

static rtk_status run_lane(rtk_attempts *a, const rtk_fault_choice *choice,
                           visit each, void *arg, char sentence[RTK_SENTENCE]) {
    rtk_status s = RTK_OK;
    for (const rtk_fault *f = rtk_faults; !s && f->name; f++) {
        if (!rtk_fault_chosen(choice, f, a->servers->lane)) continue;
        s = f->subject ? visit_kernel(a, f, each, arg, sentence)
                       : each(a, f, arg);
    }
    if (!s && a->session->records->failed) s = RTK_EIO;
    if (s && s != RTK_ECANCELLED && !sentence[0])
        snprintf(sentence, RTK_SENTENCE, "the %s lane was lost",
                 a->servers->lane);
    return s;
}

rtk_status rtk_faults_each(rtk_session *session, const rtk_plan *plan,
                           const rtk_fault_choice *choice,
                           rtk_status (*each)(const rtk_attempts *a,
                                              const rtk_fault *fault,
                                              void *arg),
                           void *arg, char sentence[RTK_SENTENCE]) {
    static const char *const lanes[] = {"native", "tsan", "asan"};
    rtk_status s = RTK_OK;
    sentence[0] = 0;
    for (size_t i = 0; !s && i < 3; i++) {
        if (!rtk_faults_count(choice, lanes[i])) continue;
        rtk_lane_servers servers;
        rtk_attempts a = {session, &servers, &servers, plan};
        s = rtk_lane_open(&servers, plan->runners, plan->plugin, lanes[i],
                          sentence);
        if (s) break;
        s = run_lane(&a, choice, each, arg, sentence);
        rtk_lane_close(&servers);
    }
    rtk_progress_clear(plan->progress);
    return s;
}

/* ---- Each once --------------------------------------------------------------
 */

/* What a fault and its twin did. */
typedef struct tried {
    bool held;
    rtk_attempt fault;
    rtk_tally of_fault, of_twin;
} tried;

/* A self-test while it runs. */
typedef struct once {
    rtk_fault_choice choice;
    rtk_selftest *result;
    uint64_t start_ns;
    unsigned all;
} once;

static void write_fault(rtk_session *session, const rtk_fault *f,
                        const tried *t) {
    json_t *by = json_array();
    const char *name, *finding = NULL, *id;
    json_t *one;
    json_object_foreach(t->of_fault.spoke, name, one)
        json_array_append_new(by, json_string(name));
    json_object_foreach(t->of_fault.findings, id, one) {
        finding = id;
        break;
    }
    rtk_records_write(
        session->records,
        json_pack("{ss ss ss ss ss ss ss ss sb so sI sf sb sI ss?}", "record",
                  "fault", "fault", f->name, "category", rtk_fault_category(f),
                  "kind", f->kind, "summary", f->summary, "oracle", f->oracle,
                  "lane", f->lane, "scenario", f->scenario, "found",
                  t->fault.found, "found_by", by, "trials",
                  (json_int_t)t->of_fault.trials, "seconds", t->fault.seconds,
                  "twin_held", t->held, "twin_trials",
                  (json_int_t)t->of_twin.trials, "finding", finding));
}

static void print_fault(const rtk_fault *f, const tried *t) {
    printf("%-28s %-7s %-10s %s after %llu trial%s, %.2f s; twin %s (%llu)\n",
           f->name, f->lane, f->oracle, t->fault.found ? "found" : "MISSED",
           (unsigned long long)t->of_fault.trials,
           t->of_fault.trials == 1 ? "" : "s", t->fault.seconds,
           t->held ? "held" : "ACCUSED", (unsigned long long)t->of_twin.trials);
    fflush(stdout);
}

static rtk_status try_pair(const rtk_attempts *a, const rtk_fault *f,
                           void *arg) {
    once *o = arg;
    tried t = {0};
    rtk_tally_init(&t.of_fault);
    rtk_tally_init(&t.of_twin);
    rtk_progress(a->plan->progress, o->result->faults, o->all, o->start_ns,
                 "%s", f->name);
    rtk_status s =
        rtk_attempt_fault(a, f, a->plan->seed, &t.of_fault, &t.fault);
    if (!s)
        s = rtk_attempt_twin(a, f, a->plan->seed, TWIN_TRIALS,
                             o->choice.canary ? CANARY_TWIN_BUDGET_MS
                                              : TWIN_BUDGET_MS,
                             &t.of_twin);
    t.held = !t.of_twin.refuted && t.of_twin.trials;
    rtk_progress_clear(a->plan->progress);
    if (s != RTK_ECANCELLED) {
        write_fault(a->session, f, &t);
        print_fault(f, &t);
        o->result->faults++;
        o->result->found += t.fault.found;
        o->result->held += t.held;
        o->result->missed |= !t.fault.found || !t.held;
    }
    rtk_tally_destroy(&t.of_fault);
    rtk_tally_destroy(&t.of_twin);
    /* A lost server is started again by the next. */
    return s == RTK_ECANCELLED ? s : RTK_OK;
}

rtk_status rtk_selftest_run(rtk_session *session, const rtk_plan *plan,
                            bool canary, rtk_selftest *result,
                            char sentence[RTK_SENTENCE]) {
    once o = {.choice = {&plan->subjects, canary},
              .result = result,
              .start_ns = rtk_clock_ns()};
    o.all = rtk_faults_count(&o.choice, NULL);
    *result = (rtk_selftest){0};
    return rtk_faults_each(session, plan, &o.choice, try_pair, &o, sentence);
}
