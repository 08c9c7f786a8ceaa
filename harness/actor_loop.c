/* What one actor does between the gate and the join. It touches its own
 * actor struct, its arrays, and what the scenario shares: nothing else. */
#include "harness/actor_loop.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/lane.h"
#include "harness/random.h"

enum { CALLS_LEAST = 2, SPIN_MOST = 1024 };

static void declare(const rtk_trial *t, const rtk_arrays *a) {
    uintptr_t code = (uintptr_t)t->op->run;
    for (size_t i = 0; i < a->views.n; i++) {
        size_t bytes = a->store[i].data_bytes;
        if (a->view[i].flow == RTK_IN)
            rtk_lane_declare_read(a->view[i].data, bytes, code);
        else if (a->view[i].share != RTK_SHARE_ALWAYS ||
                 a->view[i].flow == RTK_INOUT)
            rtk_lane_declare_write(a->view[i].data, bytes, code);
    }
}

rtk_status rtk_actor_call(const rtk_actor *actor, void *instance,
                          const rtk_arrays *arrays, int64_t workers,
                          uint64_t round, rtk_call *call) {
    const rtk_trial *t = actor->trial;
    *call = (rtk_call){.size = sizeof *call,
                       .workers = workers,
                       .seed = t->seed + actor->index,
                       .actor = actor->index,
                       .actors = t->actors,
                       .round = round};
    if (t->declare) declare(t, arrays);
    return t->op->run(t->subject->self, instance, &arrays->views, call);
}

void rtk_actor_fail(rtk_actor *actor, rtk_status status, const char *message) {
    actor->status = status;
    snprintf(actor->message, sizeof actor->message, "%s",
             message ? message : rtk_status_text(status));
}

rtk_status rtk_actor_open(rtk_actor *actor) {
    const rtk_subject *s = actor->trial->subject;
    if (!s->open) return RTK_OK;
    return s->open(s->self, &actor->trial->args, &actor->arrays.views,
                   actor->trial->workers, &actor->instance);
}

void rtk_actor_close(rtk_actor *actor) {
    const rtk_subject *s = actor->trial->subject;
    if (s->close && actor->instance) s->close(s->self, actor->instance);
    actor->instance = NULL;
}

/* Spread the calls of the actors over each other. */
static void jitter(const rtk_actor *a, uint64_t call) {
    uint64_t bits = rtk_random_bits(a->trial->seed ^ (a->index + 1), call);
    if (bits % 8 == 0) sched_yield();
    uint64_t spin = bits & 128 ? (bits >> 8) % SPIN_MOST : 0;
    /* The empty statement keeps the loop from being removed. */
    for (; spin; spin--) __asm__ __volatile__("");
}

/* Copy the arrays that are the actor's own and not inputs. */
static void copy_outputs(const rtk_arrays *to, const rtk_arrays *from) {
    for (size_t i = 0; i < to->views.n; i++)
        if (to->view[i].flow != RTK_IN && rtk_arrays_own(to, i))
            memcpy(to->view[i].data, from->view[i].data,
                   to->store[i].data_bytes);
}

void rtk_actor_restore(rtk_actor *a) {
    rtk_arrays_poison(&a->arrays);
    for (size_t i = 0; i < a->pristine.views.n; i++)
        if (a->arrays.view[i].flow == RTK_INOUT &&
            rtk_arrays_own(&a->arrays, i))
            memcpy(a->arrays.view[i].data, a->pristine.view[i].data,
                   a->arrays.store[i].data_bytes);
}

static bool equal_outputs(const rtk_arrays *x, const rtk_arrays *y) {
    for (size_t i = 0; i < x->views.n; i++)
        if (x->view[i].flow != RTK_IN && rtk_arrays_own(x, i) &&
            memcmp(x->view[i].data, y->view[i].data, x->store[i].data_bytes) !=
                0)
            return false;
    return true;
}

static void compare(rtk_actor *a, uint64_t n, const rtk_call *call) {
    if (n == 0) {
        copy_outputs(&a->kept, &a->arrays);
        a->kept_result = call->result;
        a->effective_workers = call->effective_workers;
        return;
    }
    if (call->result == a->kept_result && equal_outputs(&a->kept, &a->arrays))
        return;
    if (a->deviants++) return;
    if (!a->deviant.views.n &&
        rtk_arrays_twin(&a->deviant, a->trial, &a->arrays))
        return;
    copy_outputs(&a->deviant, &a->arrays);
    a->deviant_result = call->result;
    a->deviant_call = n;
}

/* One call with what the scenario wants round it. False: no more calls. */
static bool once(rtk_actor *a, uint64_t n) {
    bool each = a->trial->usage->instance == RTK_INSTANCE_EACH_CALL;
    rtk_call call = {0};
    jitter(a, n);
    rtk_actor_restore(a);
    a->begun_ns[n] = rtk_clock_ns();
    rtk_status s = each ? rtk_actor_open(a) : RTK_OK;
    if (!s)
        s = rtk_actor_call(a, a->instance, &a->arrays, a->trial->workers, n,
                           &call);
    if (each) rtk_actor_close(a);
    a->ended_ns[n] = rtk_clock_ns();
    a->calls = n + 1;
    if (s)
        rtk_actor_fail(a, s, call.message);
    else
        compare(a, n, &call);
    return !s;
}

void rtk_actor_loop(rtk_actor *actor) {
    const rtk_trial *t = actor->trial;
    uint64_t start = rtk_clock_ns();
    for (uint64_t n = 0; n < t->calls; n++) {
        if (n >= CALLS_LEAST && rtk_clock_ns() - start > t->budget_ns) break;
        if (!once(actor, n)) break;
    }
}
