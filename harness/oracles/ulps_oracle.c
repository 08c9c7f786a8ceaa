/* The largest distance between any two calls with equal inputs: for each number
 * the lowest and the highest that was seen. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/oracles/kept_outputs.h"
#include "harness/oracles/oracle.h"
#include "harness/oracles/ulp_distance.h"
#include "harness/report.h"

typedef struct seen {
    rtk_envelope view[RTK_TASKS_MAX][RTK_VIEWS_MAX]; /* n 0: not judged */
} seen;

static bool judged(const rtk_op *op) {
    return op->claims->repeatable == RTK_TIER_B && op->claims->ulps > 0;
}

static bool has(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return judged(op);
}

static bool applies(const rtk_trial *t) {
    return rtk_trial_has(t, has);
}

static bool output(const rtk_task *task, size_t i) {
    return task->arrays.view[i].flow != RTK_IN &&
           rtk_arrays_own(&task->arrays, i);
}

/* Of each actor; what they point to is shared with the actor's process, which
 * has pointers of its own. */
static seen *all;

static seen *seen_by(const rtk_actor *a) {
    return &all[a->index];
}

/* Shared pages, as the actor may be a process. They stay with the trial. */
static void prepare(rtk_team *team, const rtk_task *task, rtk_envelope *of) {
    for (size_t i = 0; i < task->arrays.views.n; i++) {
        size_t bytes = rtk_envelope_bytes(&task->arrays.view[i]);
        if (!bytes || !output(task, i)) continue;
        void *map = rtk_team_map(team, bytes);
        if (map) rtk_envelope_init(&of[i], &task->arrays.view[i], map);
    }
}

static void trial_begins(rtk_team *team) {
    free(all);
    all = calloc(team->n, sizeof *all);
    if (!all) return;
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        for (unsigned k = 0; k < a->tasks; k++)
            if (judged(a->task[k].job->op))
                prepare(team, &a->task[k], seen_by(a)->view[k]);
    }
}

static void note(rtk_actor *actor, const rtk_task *task) {
    rtk_envelope *of = seen_by(actor)->view[task - actor->task];
    for (size_t i = 0; i < task->arrays.views.n; i++)
        if (of[i].n) rtk_envelope_add(&of[i], task->arrays.view[i].data);
}

static void call_ended(rtk_actor *actor, rtk_task *task, rtk_status status,
                       const rtk_call *call) {
    (void)call;
    if (!status && all) note(actor, task);
}

/* The first task in the team that had equal inputs and an equal job. */
static rtk_envelope *group_of(rtk_team *team, const rtk_actor *a,
                              const rtk_task *task) {
    const rtk_trial *t = a->trial;
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *other = &team->actor[i];
        if (other != a && (!t->usage->share_inputs || other->lost)) continue;
        for (unsigned k = 0; k < other->tasks; k++)
            if (rtk_job_equals(t, other->task[k].job, task->job))
                return seen_by(other)->view[k];
    }
    return seen_by(a)->view[task - a->task];
}

static void measure(const rtk_actor *a, const rtk_task *task,
                    const rtk_envelope *of) {
    const rtk_op *op = task->job->op;
    char distance[32] = "a NaN";
    for (size_t i = 0; i < task->arrays.views.n; i++) {
        size_t at;
        uint64_t wide = of[i].n ? rtk_envelope_width(&of[i], &at) : 0;
        if (!wide || (wide != RTK_ULPS_NAN && (double)wide <= op->claims->ulps))
            continue;
        if (wide != RTK_ULPS_NAN)
            snprintf(distance, sizeof distance, "%llu units",
                     (unsigned long long)wide);
        rtk_finding("ulps", "results too far apart",
                    "%s of actor %u: element %zu of \"%s\" differs by %s in "
                    "the last place among %llu calls with equal inputs, "
                    "claimed %.6g",
                    op->name, a->index, at, task->arrays.view[i].name, distance,
                    (unsigned long long)*of[i].seen, op->claims->ulps);
    }
}

/* Add a serial call, and give all that was seen to the group. */
static void gather(rtk_team *team, rtk_actor *a, rtk_task *task) {
    rtk_envelope *own = seen_by(a)->view[task - a->task];
    rtk_envelope *group = group_of(team, a, task);
    rtk_call call;
    bool opened;
    if (!a->status && !rtk_oracle_late() &&
        !rtk_kept_serial(a, task, &call, &opened) && opened)
        note(a, task);
    for (size_t v = 0; own != group && v < task->arrays.views.n; v++)
        if (own[v].n) rtk_envelope_merge(&group[v], &own[v]);
}

/* Each group at its first member. */
static void judge(rtk_team *team, rtk_actor *a, rtk_task *task) {
    const rtk_envelope *own = seen_by(a)->view[task - a->task];
    if (own == group_of(team, a, task)) measure(a, task, own);
}

static void visit(rtk_team *team,
                  void (*each)(rtk_team *, rtk_actor *, rtk_task *)) {
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        for (unsigned k = 0; k < a->tasks && !a->lost; k++)
            if (judged(a->task[k].job->op) && a->task[k].did.calls)
                each(team, a, &a->task[k]);
    }
}

static bool probe(rtk_team *team) {
    if (!all) return false;
    visit(team, gather);
    visit(team, judge);
    return true;
}

const rtk_oracle rtk_ulps_oracle = {
    .name = "ulps",
    .summary =
        "calls with equal inputs, also with one worker, differ by so many "
        "units in the last place",
    .claim = "tier B and ulps",
    .applies = applies,
    .trial_begins = trial_begins,
    .call_ended = call_ended,
    .probe = probe,
};
