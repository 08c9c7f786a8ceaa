#include "harness/task.h"

#include <string.h>

static bool across(const rtk_trial *t) {
    return t->usage->actors != RTK_THREADS;
}

static rtk_layout layout_of(const rtk_trial *t, const rtk_arrays *lender,
                            rtk_common *common) {
    return (rtk_layout){.across = across(t),
                        .common = common,
                        .lender = lender,
                        .share_inputs = t->usage->share_inputs,
                        .place = t->conditions.at[RTK_AXIS_INPUTS]};
}

static bool has_flow(const rtk_arrays *a, rtk_flow flow) {
    for (size_t i = 0; i < a->views.n; i++)
        if (a->view[i].flow == flow && rtk_arrays_own(a, i)) return true;
    return false;
}

/* Arrays that borrow the inputs of the task's own and have outputs. */
static rtk_status twin(rtk_arrays *made, const rtk_task *task,
                       const rtk_trial *t, rtk_common *common) {
    rtk_layout how = layout_of(t, &task->arrays, common);
    how.share_inputs = true;
    rtk_status s =
        rtk_arrays_init(made, t->subject, task->job->op, &task->args, how);
    if (s || (common && common->joined)) return s;
    /* An input that is never shared was mapped anew: copy it. */
    for (size_t i = 0; i < made->views.n; i++)
        if (made->view[i].flow != RTK_OUT && rtk_arrays_own(made, i))
            memcpy(made->view[i].data, task->arrays.view[i].data,
                   made->store[i].data_bytes);
    return RTK_OK;
}

static rtk_status fill(const rtk_task *task, const rtk_trial *t,
                       uint64_t seed) {
    const rtk_subject *s = t->subject;
    return (task->job->op->fill ? task->job->op->fill : s->fill)(
        s->self, &task->args, &task->arrays.views, seed);
}

rtk_status rtk_task_prepare(rtk_task *task, const rtk_trial *trial,
                            const rtk_arrays *lender, uint64_t seed,
                            rtk_common *common) {
    task->args = rtk_job_args(trial, task->job);
    rtk_status s =
        rtk_arrays_init(&task->arrays, trial->subject, task->job->op,
                        &task->args, layout_of(trial, lender, common));
    if (!s && !(common && common->joined)) s = fill(task, trial, seed);
    if (!s) s = twin(&task->kept, task, trial, common);
    /* A process cannot make it later where its parent sees it. */
    if (!s && across(trial)) s = twin(&task->deviant, task, trial, common);
    if (!s && has_flow(&task->arrays, RTK_INOUT))
        s = twin(&task->pristine, task, trial, common);
    return s;
}

void rtk_task_restore(rtk_task *task) {
    rtk_arrays_poison(&task->arrays);
    for (size_t i = 0; i < task->pristine.views.n; i++)
        if (task->arrays.view[i].flow == RTK_INOUT &&
            rtk_arrays_own(&task->arrays, i))
            memcpy(task->arrays.view[i].data, task->pristine.view[i].data,
                   task->arrays.store[i].data_bytes);
}

/* Copy the arrays that are the actor's own and not inputs. */
static void copy_outputs(const rtk_arrays *to, const rtk_arrays *from) {
    for (size_t i = 0; i < to->views.n; i++)
        if (to->view[i].flow != RTK_IN && rtk_arrays_own(to, i))
            memcpy(to->view[i].data, from->view[i].data,
                   to->store[i].data_bytes);
}

static bool equal_outputs(const rtk_arrays *x, const rtk_arrays *y) {
    for (size_t i = 0; i < x->views.n; i++)
        if (x->view[i].flow != RTK_IN && rtk_arrays_own(x, i) &&
            memcmp(x->view[i].data, y->view[i].data, x->store[i].data_bytes) !=
                0)
            return false;
    return true;
}

bool rtk_task_differs(const rtk_task *task, const rtk_call *call) {
    return call->result != task->did.kept_result ||
           !equal_outputs(&task->kept, &task->arrays);
}

void rtk_task_compare(rtk_task *task, const rtk_trial *trial, uint64_t n,
                      const rtk_call *call) {
    if (task->did.calls++ == 0) {
        copy_outputs(&task->kept, &task->arrays);
        task->did.kept_result = call->result;
        task->did.kept_call = n;
        return;
    }
    if (!rtk_task_differs(task, call) || task->did.deviants++) return;
    if (!task->deviant.views.n && twin(&task->deviant, task, trial, NULL))
        return;
    copy_outputs(&task->deviant, &task->arrays);
    task->did.deviant_result = call->result;
    task->did.deviant_call = n;
}

bool rtk_job_equals(const rtk_trial *trial, const rtk_job *x,
                    const rtk_job *y) {
    return x->op == y->op &&
           memcmp(x->value, y->value,
                  trial->subject->n_params * sizeof *x->value) == 0;
}
