/* Callers queue their jobs; who comes while none is at work does all of them,
 * and wakes the others after each. The others take the first wake-up for their
 * own, though it may be for another's job, or for none. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* More jobs than this are not queued at once: one for each caller. */
enum { ROOM = 4096 };

/* All fields belong to who holds `lock`. */
typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t done; /* told when `finished` grows */
    bool at_work;
    uint64_t issued, finished; /* jobs are done in order */
    rtk_views job[ROOM];
} queue;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    queue *q = calloc(1, sizeof *q);
    (void)self, (void)args, (void)views, (void)workers;
    if (!q) return RTK_ENOMEM;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->done, NULL);
    *instance = q;
    return RTK_OK;
}

/* With the lock held: do all jobs that there are. */
static void work(queue *q) {
    double space[RTK_TWIN_COUNT];
    q->at_work = true;
    while (q->finished < q->issued) {
        rtk_views job = q->job[q->finished % ROOM];
        pthread_mutex_unlock(&q->lock);
        rtk_twin_work(space, &job);
        pthread_mutex_lock(&q->lock);
        q->finished++;
        pthread_cond_broadcast(&q->done);
    }
    q->at_work = false;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    queue *q = instance;
    (void)self, (void)call;
    pthread_mutex_lock(&q->lock);
    uint64_t mine = q->issued++;
    q->job[mine % ROOM] = *views;
    if (!q->at_work)
        work(q);
    else if (RTK_PLANT(assumed_wake))
        pthread_cond_wait(&q->done, &q->lock);
    else
        while (q->finished <= mine) pthread_cond_wait(&q->done, &q->lock);
    pthread_mutex_unlock(&q->lock);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    queue *q = instance;
    pthread_cond_destroy(&q->done);
    pthread_mutex_destroy(&q->lock);
    rtk_twin_free(self, q);
}

RTK_TWIN(assumed_wake, .run = run, .open = start, .close = stop)
