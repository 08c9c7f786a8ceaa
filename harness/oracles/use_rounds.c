#include "harness/oracles/use_rounds.h"

#include "harness/actor_loop.h"
#include "harness/clock.h"

typedef struct use {
    rtk_actor *actor;
    rtk_status status;
} use;

static rtk_status use_task(rtk_actor *a, rtk_task *task) {
    rtk_call call;
    void *kept = task->instance;
    task->instance = NULL;
    rtk_task_restore(task);
    rtk_status s = rtk_task_open(task, a->trial);
    if (!s)
        s = rtk_actor_call(a, task, task->instance, &task->arrays,
                           a->trial->workers, 0, &call);
    rtk_task_close(task, a->trial);
    task->instance = kept;
    return s;
}

static void *use_main(void *arg) {
    use *u = arg;
    for (unsigned k = 0; !u->status && k < u->actor->tasks; k++)
        u->status = use_task(u->actor, &u->actor->task[k]);
    return NULL;
}

unsigned rtk_use_rounds(rtk_actor *actor, unsigned rounds, uint64_t until,
                        void (*after)(void *to, unsigned round), void *to) {
    for (unsigned r = 0; r < rounds; r++) {
        pthread_t thread;
        use u = {.actor = actor};
        if (rtk_clock_ns() > until ||
            pthread_create(&thread, NULL, use_main, &u) != 0)
            return r;
        pthread_join(thread, NULL);
        if (u.status) return r;
        if (after) after(to, r);
    }
    return rounds;
}
