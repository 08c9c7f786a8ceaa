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

static void check(const rtk_actor *a, const rtk_arrays *outputs,
                  uint64_t result, uint64_t round) {
    const rtk_trial *t = a->trial;
    rtk_call call = {.size = sizeof call,
                     .workers = t->workers,
                     .seed = t->seed + a->index,
                     .actor = a->index,
                     .actors = t->actors,
                     .round = round,
                     .result = result};
    rtk_truth truth = {.size = sizeof truth};
    rtk_status (*judge)(void *, const rtk_args *, const rtk_views *,
                        const rtk_call *, rtk_truth *) =
        t->op->check ? t->op->check : t->subject->check;
    rtk_status s =
        judge(t->subject->self, &t->args, &outputs->views, &call, &truth);
    if (s) {
        rtk_finding("truth", "no answer", "the check could not be made: %s",
                    rtk_status_text(s));
        return;
    }
    /* Written so that a NaN is refuted. */
    if (truth.error <= t->op->claims->tolerance) return;
    rtk_finding("truth", "wrong result",
                "actor %u, call %llu: error %.3g, claimed %.3g; %s", a->index,
                (unsigned long long)round, truth.error,
                t->op->claims->tolerance, truth.text);
}

void rtk_judge_truth(rtk_team *team) {
    const rtk_trial *t = team->actor[0].trial;
    if (!t->op->check && !t->subject->check) return;
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        if (a->calls == 0 || a->status) continue;
        check(a, &a->kept, a->kept_result, 0);
        if (a->deviants && a->deviant.views.n)
            check(a, &a->deviant, a->deviant_result, a->deviant_call);
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

/* A serial call with the actor's inputs, compared with the actor's first. */
static void against_serial(rtk_actor *a, void *instance) {
    char text[128] = "the result word differs";
    rtk_call call;
    uint64_t result = a->kept_result;
    bool opened = !instance;
    if (opened) {
        if (rtk_actor_open(a)) return;
        instance = a->instance;
    }
    rtk_arrays *serial = &a->arrays;
    rtk_actor_restore(a);
    rtk_status s = rtk_actor_call(a, instance, serial, 1, 0, &call);
    if (opened) rtk_actor_close(a);
    if (s) {
        rtk_finding("bits", "call failed", "the serial call failed: %s",
                    call.message ? call.message : rtk_status_text(s));
        return;
    }
    if (!difference(&a->kept, serial, text, sizeof text) &&
        call.result == result)
        return;
    rtk_finding("bits", "result depends on the schedule or the workers",
                "actor %u differs from a serial call, though tier A is "
                "claimed: %s",
                a->index, text);
}

void rtk_judge_bits(rtk_team *team, void *instance) {
    const rtk_trial *t = team->actor[0].trial;
    if (t->op->claims->repeatable != RTK_TIER_A) return;
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        if (a->calls == 0 || a->status || a->lost) continue;
        char text[128] = "the result word differs";
        if (a->deviants) {
            difference(&a->kept, &a->deviant, text, sizeof text);
            rtk_finding("bits", "result depends on the schedule",
                        "%llu of %llu calls of actor %u differ from its first, "
                        "though tier A is claimed: %s",
                        (unsigned long long)a->deviants,
                        (unsigned long long)a->calls, i, text);
        } else {
            against_serial(a, instance);
        }
    }
}

void rtk_judge_canaries(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const char *view = rtk_arrays_overrun(&team->actor[i].arrays);
        if (view)
            rtk_finding("canary", "write beyond an array",
                        "actor %u: bytes behind the end of \"%s\" were "
                        "overwritten",
                        i, view);
    }
}

bool rtk_judges_resources(const rtk_trial *trial) {
    return trial->op->claims->promises &
           (RTK_NO_THREADS_LEFT | RTK_NO_DESCRIPTORS_LEFT);
}

/* Reading /proc takes as long as a small call: only what is claimed. */
rtk_resources rtk_resources_claimed(const rtk_trial *trial) {
    uint64_t claimed = trial->op->claims->promises;
    if (claimed & RTK_NO_THREADS_LEFT) return rtk_resources_now();
    rtk_resources now = {0};
    if (claimed & RTK_NO_DESCRIPTORS_LEFT)
        now.descriptors = rtk_resources_descriptors();
    return now;
}

void rtk_judge_resources(const rtk_trial *trial, rtk_resources before) {
    uint64_t claimed = trial->op->claims->promises;
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
