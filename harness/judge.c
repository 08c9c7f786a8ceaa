#include "harness/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/actor_loop.h"
#include "harness/report.h"

void rtk_judge_status(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        if (a->status && a->status != RTK_EUNSUPPORTED &&
            a->status != RTK_ESKIPPED)
            rtk_finding("status", "call failed", "actor %u: %s (%s)", i,
                        a->message, rtk_status_text(a->status));
        if (a->lost)
            rtk_finding("crash", "process died",
                        "the process of actor %u died after %llu calls, %s %d",
                        i, (unsigned long long)a->calls,
                        a->lost_to > 0 ? "of signal" : "with exit code",
                        abs(a->lost_to));
    }
}

static void check(const rtk_actor *a, const rtk_task *task,
                  const rtk_arrays *outputs, uint64_t result, uint64_t round) {
    const rtk_trial *t = a->trial;
    const rtk_op *op = task->job->op;
    rtk_call call = {.size = sizeof call,
                     .workers = t->workers,
                     .seed = t->seed + a->index,
                     .actor = a->index,
                     .actors = t->actors,
                     .round = round,
                     .result = result};
    rtk_truth truth = {.size = sizeof truth};
    rtk_status s = (op->check ? op->check : t->subject->check)(
        t->subject->self, &task->args, &outputs->views, &call, &truth);
    if (s) {
        rtk_finding("truth", "no answer", "the check could not be made: %s",
                    rtk_status_text(s));
        return;
    }
    /* Written so that a NaN is refuted. */
    if (truth.error <= op->claims->tolerance) return;
    rtk_finding("truth", "wrong result",
                "actor %u, call %llu of %s: error %.3g, claimed %.3g; %s",
                a->index, (unsigned long long)round, op->name, truth.error,
                op->claims->tolerance, truth.text);
}

void rtk_judge_truth(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        for (unsigned k = 0; k < a->tasks; k++) {
            const rtk_task *task = &a->task[k];
            if (!task->calls ||
                (!task->job->op->check && !a->trial->subject->check))
                continue;
            check(a, task, &task->kept, task->kept_result, task->kept_call);
            if (task->deviants && task->deviant.views.n)
                check(a, task, &task->deviant, task->deviant_result,
                      task->deviant_call);
        }
    }
}

/* Where two sets of outputs first differ, as a sentence; false if nowhere. */
static bool difference(const rtk_arrays *x, const rtk_arrays *y, char *text,
                       size_t room) {
    for (size_t i = 0; i < x->views.n; i++) {
        const unsigned char *p = x->view[i].data, *q = y->view[i].data;
        size_t bytes = x->store[i].data_bytes, at = 0;
        if (x->view[i].flow == RTK_IN || !rtk_arrays_own(x, i)) continue;
        while (at < bytes && p[at] == q[at]) at++;
        if (at == bytes) continue;
        snprintf(text, room, "\"%s\" differs from element %zu on",
                 x->view[i].name, at / rtk_type_bytes(x->view[i].type));
        return true;
    }
    return false;
}

/* A serial call with the inputs of a task, compared with the first. */
static void against_serial(rtk_actor *a, rtk_task *task) {
    char text[128] = "the result word differs";
    rtk_call call;
    bool opened = !task->instance;
    if (opened && rtk_task_open(task, a->trial)) return;
    rtk_task_restore(task);
    rtk_status s = rtk_actor_call(a, task, task->instance, &task->arrays, 1,
                                  task->kept_call, &call);
    if (opened) rtk_task_close(task, a->trial);
    if (s) {
        rtk_finding("bits", "call failed", "the serial call failed: %s",
                    call.message ? call.message : rtk_status_text(s));
        return;
    }
    if (!difference(&task->kept, &task->arrays, text, sizeof text) &&
        call.result == task->kept_result)
        return;
    rtk_finding("bits", "result depends on the schedule or the workers",
                "%s of actor %u differs from a serial call, though tier A is "
                "claimed: %s",
                task->job->op->name, a->index, text);
}

static void judge_bits(rtk_actor *a, rtk_task *task) {
    char text[128] = "the result word differs";
    if (!task->calls || task->job->op->claims->repeatable != RTK_TIER_A) return;
    if (!task->deviants) {
        against_serial(a, task);
        return;
    }
    difference(&task->kept, &task->deviant, text, sizeof text);
    rtk_finding("bits", "result depends on the schedule",
                "%llu of %llu calls of actor %u differ from its first, "
                "though tier A is claimed: %s",
                (unsigned long long)task->deviants,
                (unsigned long long)task->calls, a->index, text);
}

void rtk_judge_bits(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        if (a->status || a->lost) continue;
        for (unsigned k = 0; k < a->tasks; k++) judge_bits(a, &a->task[k]);
    }
}

static const char *overrun(const rtk_actor *a) {
    const char *view = NULL;
    for (unsigned k = 0; !view && k < a->tasks; k++)
        view = rtk_arrays_overrun(&a->task[k].arrays);
    return view;
}

void rtk_judge_canaries(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const char *view = overrun(&team->actor[i]);
        if (view)
            rtk_finding("canary", "write beyond an array",
                        "actor %u: bytes outside \"%s\" were overwritten", i,
                        view);
    }
}

bool rtk_judges_resources(const rtk_trial *trial) {
    return trial->promises & (RTK_NO_THREADS_LEFT | RTK_NO_DESCRIPTORS_LEFT);
}

/* Reading /proc takes as long as a small call: only what is claimed. */
rtk_resources rtk_resources_claimed(const rtk_trial *trial) {
    uint64_t claimed = trial->promises;
    if (claimed & RTK_NO_THREADS_LEFT) return rtk_resources_now();
    rtk_resources now = {0};
    if (claimed & RTK_NO_DESCRIPTORS_LEFT)
        now.descriptors = rtk_resources_descriptors();
    return now;
}

void rtk_judge_resources(const rtk_trial *trial, rtk_resources before) {
    uint64_t claimed = trial->promises;
    bool threads = claimed & RTK_NO_THREADS_LEFT;
    rtk_resources after = threads ? rtk_resources_settled(before.threads)
                                  : rtk_resources_claimed(trial);
    if (threads && after.threads > before.threads)
        rtk_finding("resources", "threads left behind",
                    "%u threads more than before open(), after close()",
                    after.threads - before.threads);
    if (claimed & RTK_NO_DESCRIPTORS_LEFT &&
        after.descriptors > before.descriptors)
        rtk_finding("resources", "descriptors left behind",
                    "%u descriptors more than before open(), after close()",
                    after.descriptors - before.descriptors);
}
