#include "harness/trial.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "harness/actor_loop.h"
#include "harness/crash.h"
#include "harness/interrupts.h"
#include "harness/lane.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "harness/report.h"

/* So long a trial goes on after its library was unloaded. */
enum { AFTERMATH_NS = 20000000 };

/* Why the subject would not take part, or NULL. */
static const char *declined(const rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++)
        if (team->actor[i].status == RTK_EUNSUPPORTED ||
            team->actor[i].status == RTK_ESKIPPED)
            return team->actor[i].message;
    return NULL;
}

/* What a trial came to, beside what the oracles tell. */
typedef struct summary {
    uint64_t calls, overlapping, interrupted;
    int64_t effective;
    const char *reason; /* it did not take part; or NULL */
    bool judged, interrupts;
} summary;

static void emit_end(const summary *all) {
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_line_text(&line, "reason", all->reason);
    rtk_line_number(&line, "calls", (int64_t)all->calls);
    rtk_line_number(&line, "overlapping_calls", (int64_t)all->overlapping);
    if (all->interrupts)
        rtk_line_number(&line, "interrupted_calls", (int64_t)all->interrupted);
    rtk_line_number(&line, "effective_workers", all->effective);
    rtk_oracles_tell(&line, all->judged);
    rtk_line_end(&line);
}

static void emit_team(const rtk_team *team) {
    summary all = {.overlapping = rtk_team_overlap(team),
                   .reason = declined(team),
                   .judged = true,
                   .interrupts = team->actor[0].trial->usage->interrupts};
    for (unsigned i = 0; i < team->n; i++) {
        all.calls += team->actor[i].calls;
        all.interrupted += team->actor[i].interrupted;
        if (team->actor[i].effective_workers > all.effective)
            all.effective = team->actor[i].effective_workers;
    }
    emit_end(&all);
}

/* Open the instance that all actors share; for a fork with an idle pool, use it
 * once, so that there is a pool. */
static rtk_status open_shared(rtk_team *team) {
    rtk_actor *first = &team->actor[0];
    rtk_task *task = &first->task[0];
    const rtk_trial *t = first->trial;
    if (t->usage->instance != RTK_INSTANCE_SHARED) return RTK_OK;
    rtk_status s = rtk_task_open(task, t);
    bool early = t->conditions.at[RTK_AXIS_FORKS] == RTK_FORKS_EARLY;
    if (!s && t->usage->fork == RTK_FORK_IDLE && !early) {
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
    if (team->actor[0].trial->usage->actors != RTK_THREADS) return;
    for (unsigned i = 0; i < team->n; i++) rtk_actor_close(&team->actor[i]);
}

/* Keep the process to one of the CPUs that it may use. */
static void limit(const rtk_trial *trial) {
    cpu_set_t usable, one;
    if (trial->conditions.at[RTK_AXIS_LIMITS] != RTK_LIMITS_ONE_CPU ||
        sched_getaffinity(0, sizeof usable, &usable) != 0)
        return;
    size_t cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &usable)) cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

rtk_status rtk_trial_prepare(const rtk_trial *trial, rtk_team **team) {
    rtk_lane_prepare();
    rtk_crash_watch(NULL);
    rtk_interrupts_prepare(trial);
    rtk_status s = rtk_team_new(team, trial);
    if (!s) rtk_crash_watch(*team);
    return s;
}

/* The others are in their calls: they never end them of themselves. */
static void leave(const rtk_actor *actor) {
    emit_end(&(summary){.calls = actor->calls,
                        .overlapping = actor->team->n > 1 ? actor->calls : 0,
                        .effective = actor->effective_workers});
    rtk_lane_leave();
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
        emit_end(&(summary){.reason = rtk_status_text(prepared)});
        return;
    }
    if (trial->usage->finish == RTK_FINISH_EXIT) team->leave = leave;
    limit(trial);
    rtk_lane_settle();
    rtk_status s = rtk_oracles_begin(team);
    if (!s) s = open_shared(team);
    if (!s)
        s = rtk_perturb_begin(trial->perturb, trial->seed,
                              2 * trial->budget_ns);
    if (!s) s = rtk_team_run(team);
    rtk_perturb_end();
    if (s) rtk_actor_fail(&team->actor[0], s, "the trial could not start");
    rtk_oracles_judge(team, !s);
    close_all(team);
    rtk_oracles_end(team);
    unload(trial);
    emit_team(team);
}
