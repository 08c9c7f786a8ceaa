#include "harness/actor_loop.h"
#include "harness/oracles/kept_outputs.h"
#include "harness/oracles/oracle.h"
#include "harness/report.h"

static bool has(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return op->n_laws > 0;
}

static bool applies(const rtk_trial *t) {
    return rtk_trial_has(t, has);
}

static void judge(const rtk_actor *a, const rtk_task *task, const rtk_law *law,
                  const rtk_arrays *outputs, const rtk_call *call) {
    rtk_truth truth = {.size = sizeof truth};
    const rtk_op *op = task->job->op;
    rtk_status s = law->hold(a->trial->subject->self, task->instance,
                             &task->args, &outputs->views, call, &truth);
    if (s == RTK_EUNSUPPORTED || s == RTK_ESKIPPED) return;
    if (s)
        rtk_finding("law", "no answer",
                    "the law %s of %s could not be tried: %s", law->name,
                    op->name, rtk_status_text(s));
    /* Written so that a NaN is refuted. */
    else if (!(truth.error <= op->claims->tolerance))
        rtk_finding("law", law->name,
                    "actor %u, call %llu of %s: the law %s is off by %.3g, "
                    "claimed %.3g; %s",
                    a->index, (unsigned long long)call->round, op->name,
                    law->name, truth.error, op->claims->tolerance, truth.text);
}

static void judge_all(rtk_actor *a, rtk_task *task, const rtk_arrays *outputs,
                      const rtk_call *call) {
    const rtk_op *op = task->job->op;
    bool own = op->n_laws && !task->instance && !a->lost;
    if (!op->n_laws || a->lost || (own && rtk_task_open(task, a->trial)))
        return;
    for (size_t i = 0; i < op->n_laws; i++)
        judge(a, task, &op->laws[i], outputs, call);
    if (own) rtk_task_close(task, a->trial);
}

static bool probe(rtk_team *team) {
    rtk_kept_visit(team, judge_all);
    return true;
}

const rtk_oracle rtk_law_oracle = {
    .name = "law",
    .summary = "metamorphic laws hold for the first and deviant outputs",
    .claim = "laws of an operation, and its tolerance",
    .applies = applies,
    .probe = probe,
};
