#include "harness/trial.h"

#include "harness/actor_loop.h"
#include "harness/crash.h"
#include "harness/judge.h"
#include "harness/lane.h"
#include "harness/report.h"

/* Names of the oracles that could have spoken in this trial. */
static void add_oracles(rtk_line *line, const rtk_trial *t) {
    const rtk_claims *c = t->op->claims;
    rtk_line_open(line, "oracles", '[');
    if (t->op->check || t->subject->check) rtk_line_text(line, NULL, "truth");
    if (c->repeatable == RTK_TIER_A) rtk_line_text(line, NULL, "bits");
    if (c->promises & RTK_INPUTS_UNTOUCHED) rtk_line_text(line, NULL, "inputs");
    if (rtk_judges_resources(t)) rtk_line_text(line, NULL, "resources");
    rtk_line_text(line, NULL, "canary");
    rtk_line_text(line, NULL, "status");
    rtk_line_text(line, NULL, "crash");
    rtk_line_text(line, NULL, "hang");
    if (rtk_lane_oracle()) rtk_line_text(line, NULL, rtk_lane_oracle());
    rtk_line_close(line);
}

/* Why the subject would not take part, or NULL. */
static const char *declined(const rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++)
        if (team->actor[i].status == RTK_EUNSUPPORTED ||
            team->actor[i].status == RTK_ESKIPPED)
            return team->actor[i].message;
    return NULL;
}

static void emit_end(const rtk_trial *t, const rtk_team *team,
                     const char *reason) {
    uint64_t calls = 0;
    int64_t effective = 0;
    for (unsigned i = 0; team && i < team->n; i++) {
        calls += team->actor[i].calls;
        if (team->actor[i].effective_workers > effective)
            effective = team->actor[i].effective_workers;
    }
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_line_text(&line, "reason", reason);
    rtk_line_number(&line, "calls", (int64_t)calls);
    rtk_line_number(&line, "overlapping_calls",
                    team ? (int64_t)rtk_team_overlap(team) : 0);
    rtk_line_number(&line, "effective_workers", effective);
    add_oracles(&line, t);
    rtk_line_end(&line);
}

/* Open the instance that all actors share; for a fork with an idle pool, use it
 * once, so that there is a pool. */
static rtk_status open_shared(rtk_team *team) {
    rtk_actor *first = &team->actor[0];
    if (first->trial->usage->instance != RTK_INSTANCE_SHARED) return RTK_OK;
    rtk_status s = rtk_actor_open(first);
    if (!s && first->trial->usage->fork_idle) {
        rtk_call call;
        rtk_actor_restore(first);
        s = rtk_actor_call(first, first->instance, &first->arrays,
                           first->trial->workers, 0, &call);
    }
    for (unsigned i = 1; i < team->n; i++)
        team->actor[i].instance = first->instance;
    return s;
}

rtk_status rtk_trial_prepare(const rtk_trial *trial, rtk_team **team) {
    rtk_lane_prepare();
    rtk_crash_watch(NULL);
    rtk_status s = rtk_team_new(team, trial);
    if (!s) rtk_crash_watch(*team);
    return s;
}

void rtk_trial_run(const rtk_trial *trial, rtk_team *team,
                   rtk_status prepared) {
    if (prepared) {
        emit_end(trial, NULL, rtk_status_text(prepared));
        return;
    }
    rtk_lane_settle();
    rtk_resources before = rtk_resources_claimed(trial);
    rtk_status s = open_shared(team);
    if (!s) s = rtk_team_run(team);
    if (s) rtk_actor_fail(&team->actor[0], s, "the trial could not start");
    rtk_judge_status(team);
    rtk_judge_truth(team);
    if (!s) rtk_judge_bits(team, team->actor[0].instance);
    rtk_judge_canaries(team);
    rtk_actor_close(&team->actor[0]);
    rtk_judge_resources(trial, before);
    emit_end(trial, team, declined(team));
}
