/* Whether the results of the calls on one shared instance can be explained by
 * some order of the calls, with the subject's sequential model. The times are
 * the actors' own: taking them orders nothing. */
#include <stdlib.h>

#include "harness/clock.h"
#include "harness/oracles/linearize.h"
#include "harness/oracles/oracle.h"
#include "harness/report.h"

/* What one actor did. */
typedef struct record {
    rtk_event *event; /* trial->calls */
    size_t n;
    uint64_t begun_ns;
    bool broken; /* a call failed: what it did is not known */
} record;

static bool lacks_model(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return !op->model;
}

static bool applies(const rtk_trial *t) {
    return t->usage->actors == RTK_THREADS &&
           t->usage->instance == RTK_INSTANCE_SHARED &&
           t->usage->finish != RTK_FINISH_EXIT && t->subject->model_bytes &&
           t->subject->model_start && !rtk_trial_has(t, lacks_model) &&
           t->actors <= RTK_HISTORY_ACTORS_MAX;
}

extern const rtk_oracle rtk_linearizability_oracle;

static record *record_of(const rtk_actor *a) {
    return rtk_oracle_memory(&rtk_linearizability_oracle, a);
}

static void trial_begins(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++)
        record_of(&team->actor[i])->event =
            calloc(team->actor[i].trial->calls, sizeof(rtk_event));
}

static void call_begins(rtk_actor *actor, rtk_task *task) {
    (void)task;
    record_of(actor)->begun_ns = rtk_clock_ns();
}

static void call_ended(rtk_actor *actor, rtk_task *task, rtk_status status,
                       const rtk_call *call) {
    uint64_t ended_ns = rtk_clock_ns();
    record *r = record_of(actor);
    r->broken |= status != RTK_OK || r->n == actor->trial->calls || !r->event;
    if (r->broken) return;
    r->event[r->n++] = (rtk_event){.begun_ns = r->begun_ns,
                                   .ended_ns = ended_ns,
                                   .result = call->result,
                                   .what = task->job->op,
                                   .round = call->round};
}

static rtk_call call_of(const rtk_trial *t, unsigned actor,
                        const rtk_event *event) {
    return (rtk_call){.size = sizeof(rtk_call),
                      .workers = t->workers,
                      .seed = t->seed + actor,
                      .actor = actor,
                      .actors = t->actors,
                      .round = event->round};
}

static bool apply(void *context, void *state, unsigned actor,
                  const rtk_event *event) {
    const rtk_trial *t = context;
    const rtk_op *op = event->what;
    rtk_call call = call_of(t, actor, event);
    return op->model(t->subject->self, state, &call) == RTK_OK &&
           call.result == event->result;
}

static void tell(const rtk_history *h, const rtk_impasse *stop) {
    size_t calls = 0, k = stop->next[stop->actor];
    for (unsigned a = 0; a < h->actors; a++) calls += h->n[a];
    const rtk_event *event = &h->event[stop->actor][k];
    const rtk_op *op = event->what;
    rtk_finding("linearizability", "no order explains the results",
                "no order of the %zu calls explains their results: at most %zu "
                "can be put in a row, then %s (call %zu of actor %u) with the "
                "result %llu, and what ran beside it, fits nowhere",
                calls, stop->explained, op->name, k, stop->actor,
                (unsigned long long)event->result);
}

static bool check(rtk_team *team, void *start) {
    const rtk_trial *t = team->actor[0].trial;
    rtk_history h = {.actors = team->n,
                     .state_bytes = t->subject->model_bytes,
                     .start = start,
                     .apply = apply,
                     .context = (void *)(uintptr_t)t};
    for (unsigned i = 0; i < team->n; i++) {
        const record *r = record_of(&team->actor[i]);
        if (r->broken || team->actor[i].status) return false;
        h.event[i] = r->event;
        h.n[i] = r->n;
    }
    rtk_impasse stop;
    rtk_linearity answer = rtk_linearize(&h, &stop);
    if (answer == RTK_NOT_LINEAR) tell(&h, &stop);
    return answer != RTK_NOT_DECIDED;
}

static bool judge(rtk_team *team) {
    const rtk_subject *s = team->actor[0].trial->subject;
    void *start = calloc(1, s->model_bytes);
    bool judged = false;
    if (start) {
        s->model_start(s->self, &team->actor[0].task[0].args, start);
        judged = check(team, start);
    }
    free(start);
    for (unsigned i = 0; i < team->n; i++)
        free(record_of(&team->actor[i])->event);
    return judged;
}

const rtk_oracle rtk_linearizability_oracle = {
    .name = "linearizability",
    .summary =
        "some order of the calls on a shared instance explains all their "
        "results",
    .claim = "a model() of every operation, model_start()",
    .applies = applies,
    .actor_bytes = sizeof(record),
    .trial_begins = trial_begins,
    .call_begins = call_begins,
    .call_ended = call_ended,
    .judge = judge,
};
