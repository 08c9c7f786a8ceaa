#include "stress/attempt.h"

#include <string.h>

#include "harness/clock.h"
#include "stress/scenario.h"

/* A trial that is slow on a busy machine is no hang: time enough, where none
 * is looked for. */
enum { HANG_TIMEOUT_MS = 2500, TIMEOUT_MS = 60000, TRIALS_LEAST = 12 };
static const double more_time = 4; /* times the budget */

/* The cell of subject `kind`.`fault`; its request is the caller's. */
static rtk_cell cell_of(const rtk_attempts *a, const rtk_fault *f,
                        const rtk_lane_servers *servers, const char *kind,
                        char subject[96]) {
    snprintf(subject, 96, "%s.%s", kind, f->name);
    if (f->subject) snprintf(subject, 96, "%s", f->subject);
    json_t *request = json_pack("{si si sb}", "trial_ms", 150, "calls", 400,
                                "declare", a->plan->declare);
    rtk_plan_restrict(a->plan, request);
    return (rtk_cell){.subject = subject,
                      .scenario = f->scenario,
                      .lane = f->lane,
                      .plugin = servers->plugin,
                      .request = request,
                      .cold = rtk_scenario_find(f->scenario)->usage.cold,
                      .planted = true,
                      .timeout_ms = TIMEOUT_MS};
}

rtk_status rtk_attempt_fault(const rtk_attempts *a, const rtk_fault *fault,
                             uint64_t seed, rtk_tally *tally,
                             rtk_attempt *attempt) {
    char subject[96];
    rtk_cell cell = cell_of(a, fault, a->servers, "fault", subject);
    if (strcmp(fault->oracle, "hang") == 0) cell.timeout_ms = HANG_TIMEOUT_MS;
    uint64_t start = rtk_clock_ns();
    rtk_status s = RTK_OK;
    *attempt = (rtk_attempt){0};
    json_object_clear(tally->spoke);
    double budget = a->plan->budget_s;
    /* A busy machine that got through hardly any trials has shown nothing. */
    while (!s && !attempt->found &&
           (attempt->seconds < budget ||
            (tally->trials < TRIALS_LEAST &&
             attempt->seconds < more_time * budget))) {
        s = rtk_cell_run(a->session, a->servers, &cell, seed++, 1, 0, tally);
        attempt->found = json_object_get(tally->spoke, fault->oracle) != NULL;
        attempt->seconds = (double)(rtk_clock_ns() - start) / 1e9;
    }
    json_decref(cell.request);
    return s;
}

rtk_status rtk_attempt_twin(const rtk_attempts *a, const rtk_fault *fault,
                            uint64_t seed, uint64_t trials, unsigned budget_ms,
                            rtk_tally *tally) {
    char subject[96];
    rtk_cell cell = cell_of(a, fault, a->twins, "sound", subject);
    rtk_status s = rtk_cell_run(a->session, a->twins, &cell, seed, trials,
                                budget_ms, tally);
    json_decref(cell.request);
    return s;
}
