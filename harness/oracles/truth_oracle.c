#include "harness/oracles/kept_outputs.h"
#include "harness/oracles/oracle.h"
#include "harness/report.h"

static bool has(const rtk_trial *t, const rtk_op *op) {
    return op->check || t->subject->check;
}

static bool applies(const rtk_trial *t) {
    return rtk_trial_has(t, has);
}

static void check(rtk_actor *a, rtk_task *task, const rtk_arrays *outputs,
                  const rtk_call *call) {
    const rtk_subject *subject = a->trial->subject;
    const rtk_op *op = task->job->op;
    rtk_truth truth = {.size = sizeof truth};
    if (!has(a->trial, op)) return;
    rtk_status s = (op->check ? op->check : subject->check)(
        subject->self, &task->args, &outputs->views, call, &truth);
    if (s) {
        rtk_finding("truth", "no answer", "the check could not be made: %s",
                    rtk_status_text(s));
        return;
    }
    /* Written so that a NaN is refuted. */
    if (truth.error <= op->claims->tolerance) return;
    rtk_finding("truth", "wrong result",
                "actor %u, call %llu of %s: error %.3g, claimed %.3g; %s",
                a->index, (unsigned long long)call->round, op->name,
                truth.error, op->claims->tolerance, truth.text);
}

static bool judge(rtk_team *team) {
    rtk_kept_visit(team, check);
    return true;
}

const rtk_oracle rtk_truth_oracle = {
    .name = "truth",
    .summary = "first and deviant outputs are those of an independent check",
    .claim = "a check() with a tolerance",
    .applies = applies,
    .judge = judge,
};
