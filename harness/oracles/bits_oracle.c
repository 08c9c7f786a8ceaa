#include <stdio.h>

#include "harness/oracles/kept_outputs.h"
#include "harness/oracles/oracle.h"
#include "harness/report.h"

static bool has(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return op->claims->repeatable == RTK_TIER_A;
}

static bool applies(const rtk_trial *t) {
    return rtk_trial_has(t, has);
}

/* A serial call with the inputs of a task, compared with the first. */
static void against_serial(rtk_actor *a, rtk_task *task) {
    char text[128] = "the result word differs";
    rtk_call call;
    bool opened;
    rtk_status s = rtk_kept_serial(a, task, &call, &opened);
    if (!opened) return;
    if (s) {
        rtk_finding("bits", "call failed", "the serial call failed: %s",
                    call.message ? call.message : rtk_status_text(s));
        return;
    }
    if (!rtk_kept_difference(&task->kept, &task->arrays, text, sizeof text) &&
        call.result == task->did.kept_result)
        return;
    rtk_finding("bits", "result depends on the schedule or the workers",
                "%s of actor %u differs from a serial call, though tier A is "
                "claimed: %s",
                task->job->op->name, a->index, text);
}

static void compare(rtk_actor *a, rtk_task *task) {
    char text[128] = "the result word differs";
    if (!task->did.calls || !has(a->trial, task->job->op)) return;
    if (!task->did.deviants) {
        against_serial(a, task);
        return;
    }
    rtk_kept_difference(&task->kept, &task->deviant, text, sizeof text);
    rtk_finding("bits", "result depends on the schedule",
                "%llu of %llu calls of actor %u differ from its first, "
                "though tier A is claimed: %s",
                (unsigned long long)task->did.deviants,
                (unsigned long long)task->did.calls, a->index, text);
}

static bool probe(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        /* Another first one in each trial, as not all may have their turn. */
        rtk_actor *a = &team->actor[(team->actor[0].trial->seed + i) % team->n];
        if (a->status || a->lost) continue;
        for (unsigned k = 0; k < a->tasks; k++) compare(a, &a->task[k]);
        if (rtk_oracle_late()) break;
    }
    return true;
}

const rtk_oracle rtk_bits_oracle = {
    .name = "bits",
    .summary = "equal inputs give equal bits, also with one worker",
    .claim = "tier A",
    .applies = applies,
    .probe = probe,
};
