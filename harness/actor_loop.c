/* What one actor does between the gate and the join. It touches its own
 * actor struct, its arrays, and what the scenario shares: nothing else. */
#include "harness/actor_loop.h"

#include <sched.h>
#include <stdio.h>

#include "harness/clock.h"
#include "harness/fork_check.h"
#include "harness/injection.h"
#include "harness/interrupts.h"
#include "harness/lane.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "harness/pulse.h"
#include "harness/random.h"
#include "harness/worker.h"
#include "kernels/workers/workers.h"

enum {
    CALLS_LEAST = 2,
    SPIN_MOST = 1024,
    FORKS = 2,                /* of one actor, after its first calls */
    SMALL_STACK = 256 * 1024, /* what some run times give their threads */
    TURNS = 7000              /* of the seeds for the choice of a task */
};

static void declare(const rtk_op *op, const rtk_arrays *a) {
    uintptr_t code = (uintptr_t)op->run;
    for (size_t i = 0; i < a->views.n; i++) {
        size_t bytes = a->store[i].data_bytes;
        if (a->view[i].flow == RTK_IN)
            rtk_lane_declare_read(a->view[i].data, bytes, code);
        else if (a->view[i].share != RTK_SHARE_ALWAYS ||
                 a->view[i].flow == RTK_INOUT)
            rtk_lane_declare_write(a->view[i].data, bytes, code);
    }
}

rtk_status rtk_actor_call(const rtk_actor *actor, const rtk_task *task,
                          void *instance, const rtk_arrays *arrays,
                          int64_t workers, uint64_t round, rtk_call *call) {
    const rtk_trial *t = actor->trial;
    *call = (rtk_call){.size = sizeof *call,
                       .workers = workers,
                       .seed = t->seed + actor->index,
                       .actor = actor->index,
                       .actors = t->actors,
                       .round = round};
    if (t->declare) declare(task->job->op, arrays);
    rtk_perturb_enter();
    rtk_status s =
        task->job->op->run(t->subject->self, instance, &arrays->views, call);
    rtk_perturb_leave();
    return s;
}

void rtk_actor_fail(rtk_actor *actor, rtk_status status, const char *message) {
    actor->status = status;
    snprintf(actor->message, sizeof actor->message, "%s",
             message ? message : rtk_status_text(status));
}

rtk_status rtk_task_open(rtk_task *task, const rtk_trial *trial) {
    const rtk_subject *s = trial->subject;
    if (!s->open) return RTK_OK;
    rtk_perturb_enter();
    rtk_status status = s->open(s->self, &task->args, &task->arrays.views,
                                trial->workers, &task->instance);
    rtk_perturb_leave();
    return status;
}

void rtk_task_close(rtk_task *task, const rtk_trial *trial) {
    const rtk_subject *s = trial->subject;
    rtk_perturb_enter();
    if (s->close && task->instance) s->close(s->self, task->instance);
    rtk_perturb_leave();
    task->instance = NULL;
}

rtk_status rtk_actor_open(rtk_actor *actor) {
    rtk_status s = RTK_OK;
    for (unsigned k = 0; !s && k < actor->tasks; k++)
        s = rtk_task_open(&actor->task[k], actor->trial);
    return s;
}

void rtk_actor_close(rtk_actor *actor) {
    for (unsigned k = 0; k < actor->tasks; k++)
        rtk_task_close(&actor->task[k], actor->trial);
}

/* Spread the calls of the actors over each other. */
static void jitter(const rtk_actor *a, uint64_t call) {
    uint64_t bits = rtk_random_bits(a->trial->seed ^ (a->index + 1), call);
    if (bits % 8 == 0) sched_yield();
    uint64_t spin = bits & 128 ? (bits >> 8) % SPIN_MOST : 0;
    /* The empty statement keeps the loop from being removed. */
    for (; spin; spin--) __asm__ __volatile__("");
}

/* ---- One call, and from where it is made -----------------------------------
 */

/* What a call needs that is made somewhere else. */
typedef struct errand {
    rtk_actor *actor;
    rtk_task *task;
    uint64_t n;
    rtk_call call;
    rtk_status status;
    bool injected; /* something was made to fail in it */
} errand;

static void make_call(errand *e) {
    const rtk_trial *t = e->actor->trial;
    rtk_interrupt interrupt;
    rtk_oracles_call_begins(e->actor, e->task);
    rtk_interrupt_begin(e->actor, e->n, &interrupt);
    rtk_inject_begin(e->actor, e->n);
    e->status = rtk_actor_call(e->actor, e->task, e->task->instance,
                               &e->task->arrays, t->workers, e->n, &e->call);
    e->injected = rtk_inject_end(e->actor);
    rtk_interrupt_end(e->actor, &interrupt);
    rtk_oracles_call_ended(e->actor, e->task, e->status, &e->call);
}

static void *errand_main(void *arg) {
    make_call(arg);
    return NULL;
}

/* By a thread that lives for this call alone. */
static void call_in_thread(errand *e, size_t stack_bytes) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (stack_bytes) pthread_attr_setstacksize(&attributes, stack_bytes);
    if (pthread_create(&thread, &attributes, errand_main, e) == 0)
        pthread_join(thread, NULL);
    else
        e->status = RTK_ETHREAD;
    pthread_attr_destroy(&attributes);
}

static rtk_status loop_part(void *arg, size_t part) {
    if (part == 0) make_call(arg);
    return RTK_OK;
}

static void call_from_somewhere(errand *e) {
    const rtk_trial *t = e->actor->trial;
    unsigned nesting = t->conditions.at[RTK_AXIS_NESTING];
    if (nesting == RTK_NESTING_LOOP) {
        rtk_status s = rtk_parallel_for(NULL, 2, 2, loop_part, e, NULL);
        if (s && !e->status) e->status = s;
    } else if (nesting == RTK_NESTING_SMALL_STACK) {
        call_in_thread(e, SMALL_STACK);
    } else if (t->usage->thread_each_call) {
        call_in_thread(e, 0);
    } else {
        make_call(e);
    }
}

/* A workers count that must be refused was. */
static rtk_status refused(errand *e) {
    rtk_status was = e->status;
    e->call.message = "a number of workers out of range was taken";
    return was == RTK_EINVAL ? RTK_OK : was ? was : RTK_EFAILED;
}

/* ---- The loop ---------------------------------------------------------------
 */

static rtk_task *task_for(rtk_actor *a, uint64_t n) {
    if (a->tasks == 1) return &a->task[0];
    uint64_t seed = a->trial->seed ^ (TURNS + a->index);
    return &a->task[rtk_random_below(seed, n, a->tasks)];
}

/* One call with what the scenario wants round it. False: no more calls. */
static bool once(rtk_actor *a, uint64_t n) {
    const rtk_trial *t = a->trial;
    bool each = t->usage->instance == RTK_INSTANCE_EACH_CALL;
    bool refuse = rtk_workers_refused(&t->conditions);
    errand e = {.actor = a, .task = task_for(a, n), .n = n};
    jitter(a, n);
    rtk_task_restore(e.task);
    a->begun_ns[n] = rtk_clock_ns();
    if (each) e.status = rtk_task_open(e.task, t);
    if (!e.status) call_from_somewhere(&e);
    if (each) rtk_task_close(e.task, t);
    a->ended_ns[n] = rtk_clock_ns();
    a->calls = n + 1;
    if (refuse) e.status = refused(&e);
    if (e.status && e.injected) return true;
    if (e.status)
        rtk_actor_fail(a, e.status, e.call.message);
    else if (!refuse)
        rtk_task_compare(e.task, t, n, &e.call);
    if (!e.status && e.call.effective_workers > a->effective_workers)
        a->effective_workers = e.call.effective_workers;
    return !e.status;
}

void rtk_actor_loop(rtk_actor *actor) {
    const rtk_trial *t = actor->trial;
    bool forks = t->usage->fork == RTK_FORK_BUSY && actor->index == 0;
    unsigned burst = actor->team->incomplete ? 0 : t->usage->burst;
    uint64_t start = rtk_clock_ns(), n = 0;
    bool stays = actor->team->leave && actor->index > 0;
    rtk_pulse_begin(actor->index);
    rtk_interrupts_choose(actor);
    for (bool on = true; on; n++) {
        on = once(actor, n % t->calls);
        rtk_worker_tell(actor);
        rtk_pulse(actor->index);
        if (forks && n < FORKS) rtk_actor_fork(actor, n);
        if (n + 1 >= CALLS_LEAST && !stays)
            on = on && rtk_clock_ns() - start <= t->budget_ns;
        on = on && (stays || n + 1 < t->calls);
        if (burst && (!on || (n + 1) % burst == 0))
            on = rtk_team_regroup(actor->team, on);
    }
    rtk_pulse_end(actor->index);
    if (actor->team->leave && !stays) actor->team->leave(actor);
}
