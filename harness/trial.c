#include "harness/trial.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "harness/actor_loop.h"
#include "harness/crash.h"
#include "harness/judge.h"
#include "harness/lane.h"
#include "harness/report.h"

/* So long a trial goes on after its library was unloaded. */
enum { AFTERMATH_NS = 20000000 };

/* Whether some operation of the trial has what `has` asks for. */
static bool any(const rtk_trial *t,
                bool (*has)(const rtk_trial *, const rtk_op *)) {
    for (unsigned i = 0; i < t->actors * t->jobs_each; i++)
        if (has(t, t->jobs[i].op)) return true;
    return false;
}

static bool checks(const rtk_trial *t, const rtk_op *op) {
    return op->check || t->subject->check;
}

static bool repeats(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return op->claims->repeatable == RTK_TIER_A;
}

static bool leaves_inputs(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return op->claims->promises & RTK_INPUTS_UNTOUCHED;
}

/* Names of the oracles that could have spoken in this trial. */
static void add_oracles(rtk_line *line, const rtk_trial *t) {
    rtk_line_open(line, "oracles", '[');
    if (any(t, checks)) rtk_line_text(line, NULL, "truth");
    if (any(t, repeats)) rtk_line_text(line, NULL, "bits");
    if (any(t, leaves_inputs)) rtk_line_text(line, NULL, "inputs");
    if (rtk_judges_resources(t)) rtk_line_text(line, NULL, "resources");
    if (t->usage->fork == RTK_FORK_BUSY) rtk_line_text(line, NULL, "fork");
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

static void emit_end(const rtk_trial *t, uint64_t calls, uint64_t overlapping,
                     int64_t effective, const char *reason) {
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_line_text(&line, "reason", reason);
    rtk_line_number(&line, "calls", (int64_t)calls);
    rtk_line_number(&line, "overlapping_calls", (int64_t)overlapping);
    rtk_line_number(&line, "effective_workers", effective);
    add_oracles(&line, t);
    rtk_line_end(&line);
}

static void emit_team(const rtk_trial *t, const rtk_team *team) {
    uint64_t calls = 0;
    int64_t effective = 0;
    for (unsigned i = 0; i < team->n; i++) {
        calls += team->actor[i].calls;
        if (team->actor[i].effective_workers > effective)
            effective = team->actor[i].effective_workers;
    }
    emit_end(t, calls, rtk_team_overlap(team), effective, declined(team));
}

/* Open the instance that all actors share; for a fork with an idle pool, use it
 * once, so that there is a pool. */
static rtk_status open_shared(rtk_team *team) {
    rtk_actor *first = &team->actor[0];
    rtk_task *task = &first->task[0];
    const rtk_trial *t = first->trial;
    if (t->usage->instance != RTK_INSTANCE_SHARED) return RTK_OK;
    rtk_status s = rtk_task_open(task, t);
    if (!s && t->usage->fork == RTK_FORK_IDLE) {
        rtk_call call;
        rtk_task_restore(task);
        s = rtk_actor_call(first, task, task->instance, &task->arrays,
                           t->workers, 0, &call);
    }
    for (unsigned i = 0; i < team->n; i++)
        for (unsigned k = 0; k < team->actor[i].tasks; k++)
            team->actor[i].task[k].instance = task->instance;
    return s;
}

/* Close what is still open; a shared instance once. */
static void close_all(rtk_team *team) {
    bool shared = team->actor[0].trial->usage->instance == RTK_INSTANCE_SHARED;
    if (shared) {
        rtk_task_close(&team->actor[0].task[0], team->actor[0].trial);
        return;
    }
    if (team->actor[0].trial->usage->actors == RTK_PROCESSES) return;
    for (unsigned i = 0; i < team->n; i++) rtk_actor_close(&team->actor[i]);
}

/* Keep the process to one of the CPUs that it may use. */
static void limit(const rtk_trial *trial) {
    cpu_set_t usable, one;
    if (trial->conditions.at[RTK_AXIS_LIMITS] != RTK_LIMITS_ONE_CPU ||
        sched_getaffinity(0, sizeof usable, &usable) != 0)
        return;
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &usable)) cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

rtk_status rtk_trial_prepare(const rtk_trial *trial, rtk_team **team) {
    rtk_lane_prepare();
    rtk_crash_watch(NULL);
    rtk_status s = rtk_team_new(team, trial);
    if (!s) rtk_crash_watch(*team);
    return s;
}

/* The others are in their calls: they never end them of themselves. */
static void leave(const rtk_actor *actor) {
    emit_end(actor->trial, actor->calls, actor->team->n > 1 ? actor->calls : 0,
             actor->effective_workers, NULL);
    exit(EXIT_SUCCESS);
}

/* Unload, and give threads that were left behind the time to step into what is
 * no longer there. */
static void unload(const rtk_trial *trial) {
    if (trial->usage->finish != RTK_FINISH_UNLOAD || !trial->loaded) return;
    rtk_plugin_unload(trial->loaded);
    nanosleep(&(struct timespec){.tv_nsec = AFTERMATH_NS}, NULL);
}

void rtk_trial_run(const rtk_trial *trial, rtk_team *team,
                   rtk_status prepared) {
    if (prepared) {
        emit_end(trial, 0, 0, 0, rtk_status_text(prepared));
        return;
    }
    if (trial->usage->finish == RTK_FINISH_EXIT) team->leave = leave;
    limit(trial);
    rtk_lane_settle();
    rtk_resources before = rtk_resources_claimed(trial);
    rtk_status s = open_shared(team);
    if (!s) s = rtk_team_run(team);
    if (s) rtk_actor_fail(&team->actor[0], s, "the trial could not start");
    rtk_judge_status(team);
    rtk_judge_truth(team);
    if (!s) rtk_judge_bits(team);
    rtk_judge_canaries(team);
    close_all(team);
    rtk_judge_resources(trial, before);
    unload(trial);
    emit_team(trial, team);
}
