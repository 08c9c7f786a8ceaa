/* A thread of the instance does the work, and the call waits until a semaphore
 * says that it is done. A signal ends the wait too early, and that is not
 * looked at. The library itself knows of no signal: it is some profiler's. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct pool {
    pthread_t thread;
    sem_t asked, done;
    /* Of the call at work, NULL: end. Handed over by `asked`. Atomic, as the
     * fault does not wait; relaxed. */
    const rtk_views *_Atomic views;
    rtk_views copy;
} pool;

static void await(sem_t *s) {
    while (sem_wait(s) != 0 && errno == EINTR) {
    }
}

static void *work_main(void *arg) {
    pool *p = arg;
    double work[RTK_TWIN_COUNT];
    for (;;) {
        await(&p->asked);
        const rtk_views *views =
            atomic_load_explicit(&p->views, memory_order_relaxed);
        if (!views) return NULL;
        rtk_twin_work(work, views);
        sem_post(&p->done);
    }
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    pool *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    if (!p) return RTK_ENOMEM;
    sem_init(&p->asked, 0, 0);
    sem_init(&p->done, 0, 0);
    if (pthread_create(&p->thread, NULL, work_main, p) != 0) {
        free(p);
        return RTK_ETHREAD;
    }
    *instance = p;
    return RTK_OK;
}

static void ask(pool *p, const rtk_views *views) {
    atomic_store_explicit(&p->views, views, memory_order_relaxed);
    sem_post(&p->asked);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    pool *p = instance;
    (void)self, (void)call;
    p->copy = *views; /* stays when the call does not wait */
    ask(p, &p->copy);
    if (RTK_PLANT(interrupted_wait))
        sem_wait(&p->done);
    else
        await(&p->done);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    pool *p = instance;
    ask(p, NULL);
    pthread_join(p->thread, NULL);
    sem_destroy(&p->asked);
    sem_destroy(&p->done);
    rtk_twin_free(self, p);
}

RTK_TWIN(interrupted_wait, .run = run, .open = start, .close = stop,
         .mt_object = "instance")
