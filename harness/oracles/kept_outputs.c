#include "harness/oracles/kept_outputs.h"

#include <stdio.h>
#include <string.h>

#include "harness/actor_loop.h"
#include "harness/oracles/oracle.h"

static rtk_call call_of(const rtk_actor *a, uint64_t round, uint64_t result) {
    const rtk_trial *t = a->trial;
    return (rtk_call){.size = sizeof(rtk_call),
                      .workers = t->workers,
                      .seed = t->seed + a->index,
                      .actor = a->index,
                      .actors = t->actors,
                      .round = round,
                      .result = result};
}

typedef void (*visitor)(rtk_actor *, rtk_task *, const rtk_arrays *,
                        const rtk_call *);

static void visit_task(rtk_actor *a, rtk_task *task, visitor visit) {
    rtk_call first = call_of(a, task->did.kept_call, task->did.kept_result);
    visit(a, task, &task->kept, &first);
    if (!task->did.deviants || !task->deviant.views.n) return;
    rtk_call other =
        call_of(a, task->did.deviant_call, task->did.deviant_result);
    visit(a, task, &task->deviant, &other);
}

/* The actor whose turn is the k-th, another in each trial: where not all can be
 * visited, all are in some trial. */
static rtk_actor *turn(rtk_team *team, unsigned k) {
    return &team->actor[(team->actor[0].trial->seed + k) % team->n];
}

/* Those whose outputs differed, or the others. */
static void visit_some(rtk_team *team, visitor visit, bool differed) {
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = turn(team, i);
        for (unsigned k = 0; k < a->tasks; k++) {
            rtk_task *task = &a->task[k];
            if (!task->did.calls || differed != (task->did.deviants > 0))
                continue;
            visit_task(a, task, visit);
            if (rtk_oracle_late()) return;
        }
    }
}

void rtk_kept_visit(rtk_team *team, visitor visit) {
    visit_some(team, visit, true);
    if (!rtk_oracle_late()) visit_some(team, visit, false);
}

bool rtk_kept_difference(const rtk_arrays *x, const rtk_arrays *y, char *text,
                         size_t room) {
    for (size_t i = 0; i < x->views.n; i++) {
        const unsigned char *p = x->view[i].data, *q = y->view[i].data;
        size_t bytes = x->store[i].data_bytes, at = 0;
        if (x->view[i].flow == RTK_IN || !rtk_arrays_own(x, i)) continue;
        /* Byte by byte takes seconds where each access is instrumented. */
        if (memcmp(p, q, bytes) == 0) continue;
        while (p[at] == q[at]) at++;
        snprintf(text, room, "\"%s\" differs from element %zu on",
                 x->view[i].name, at / rtk_type_bytes(x->view[i].type));
        return true;
    }
    return false;
}

rtk_status rtk_kept_serial(rtk_actor *actor, rtk_task *task, rtk_call *call,
                           bool *opened) {
    bool own = !task->instance;
    *opened = !own || rtk_task_open(task, actor->trial) == RTK_OK;
    if (!*opened) return RTK_OK;
    rtk_task_restore(task);
    rtk_status s = rtk_actor_call(actor, task, task->instance, &task->arrays, 1,
                                  task->did.kept_call, call);
    if (own) rtk_task_close(task, actor->trial);
    return s;
}
