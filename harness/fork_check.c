#include "harness/fork_check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/actor_loop.h"
#include "harness/lane.h"
#include "harness/oracles/oracle.h"
#include "harness/report.h"

/* A call in the child; its result must be that of the parent's first. */
static void use(rtk_actor *a, rtk_task *task, uint64_t n, const char *whose) {
    const rtk_trial *t = a->trial;
    rtk_call call;
    rtk_task_restore(task);
    rtk_status s = rtk_actor_call(a, task, task->instance, &task->arrays,
                                  t->workers, n, &call);
    if (s)
        rtk_finding("fork", "call failed",
                    "in the child of a fork, with %s: %s (%s)", whose,
                    call.message ? call.message : rtk_status_text(s),
                    rtk_status_text(s));
    else if (task->job->op->claims->repeatable == RTK_TIER_A &&
             task->did.calls && rtk_task_differs(task, &call))
        rtk_finding("fork", "other result",
                    "in the child of a fork, with %s, the result differs from "
                    "the parent's",
                    whose);
}

/* Die as the process `child` does. */
static _Noreturn void end_as(pid_t child) {
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(how)) {
        signal(WTERMSIG(how), SIG_DFL);
        raise(WTERMSIG(how));
    }
    _exit(WEXITSTATUS(how));
}

void rtk_fork_follow(const rtk_trial *trial, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    if (trial->conditions.at[RTK_AXIS_FORKS] != RTK_FORKS_NESTED) return;
    pid_t between = getpid(), child = fork();
    if (child > 0) end_as(child);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (child < 0 || getppid() != between) _exit(EXIT_FAILURE);
}

void rtk_fork_end(const rtk_trial *trial) {
    if (trial->conditions.at[RTK_AXIS_FORKS] == RTK_FORKS_EXIT)
        exit(EXIT_SUCCESS);
    _exit(EXIT_SUCCESS);
}

static void child_main(rtk_actor *a, uint64_t n, pid_t parent) {
    rtk_fork_follow(a->trial, parent);
    rtk_lane_prepare();
    rtk_oracles_forked(a);
    rtk_task *task = &a->task[0];
    bool each = a->trial->usage->instance == RTK_INSTANCE_EACH_CALL;
    if (!each) use(a, task, n, "the instance it has");
    void *inherited = task->instance;
    rtk_status s = rtk_task_open(task, a->trial);
    if (s)
        rtk_finding("fork", "call failed",
                    "in the child of a fork open() failed: %s",
                    rtk_status_text(s));
    else
        use(a, task, n, "an instance of its own");
    if (task->instance != inherited) rtk_task_close(task, a->trial);
    rtk_fork_end(a->trial);
}

static void fork_here(rtk_actor *actor, uint64_t n) {
    pid_t parent = getpid(), child = fork();
    int how = 0;
    if (child == 0) child_main(actor, n, parent);
    if (child < 0) return;
    actor->child = child;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    actor->child = 0;
    if (WIFSIGNALED(how))
        rtk_finding("crash", "process died",
                    "the child of a fork died of signal %d", WTERMSIG(how));
    else if (WEXITSTATUS(how) > 128)
        return; /* it has told of its crash */
    else if (WEXITSTATUS(how))
        rtk_finding("crash", "process ended",
                    "a call in the child of a fork ended the process with %d",
                    WEXITSTATUS(how));
}

typedef struct forking {
    rtk_actor *actor;
    uint64_t n;
} forking;

static void *fork_there(void *arg) {
    const forking *f = arg;
    fork_here(f->actor, f->n);
    return NULL;
}

void rtk_actor_fork(rtk_actor *actor, uint64_t n) {
    forking f = {actor, n};
    pthread_t thread;
    if (actor->trial->conditions.at[RTK_AXIS_FORKS] != RTK_FORKS_THREAD)
        fork_here(actor, n);
    else if (pthread_create(&thread, NULL, fork_there, &f) == 0)
        pthread_join(thread, NULL);
}
