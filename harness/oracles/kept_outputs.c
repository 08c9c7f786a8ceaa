#include "harness/oracles/kept_outputs.h"

#include <stdio.h>
#include <string.h>

#include "harness/actor_loop.h"

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

void rtk_kept_visit(rtk_team *team,
                    void (*visit)(rtk_actor *, rtk_task *, const rtk_arrays *,
                                  const rtk_call *)) {
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        for (unsigned k = 0; k < a->tasks; k++) {
            rtk_task *task = &a->task[k];
            if (!task->calls) continue;
            rtk_call first = call_of(a, task->kept_call, task->kept_result);
            visit(a, task, &task->kept, &first);
            if (!task->deviants || !task->deviant.views.n) continue;
            rtk_call other =
                call_of(a, task->deviant_call, task->deviant_result);
            visit(a, task, &task->deviant, &other);
        }
    }
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
                                  task->kept_call, call);
    if (own) rtk_task_close(task, actor->trial);
    return s;
}
