/* When the process ends, a helper thread is told to end and waited for. In the
 * child of a fork it never was: exit() waits there for ever. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"

static sem_t stop;    /* posted by end_helper(), for the helper */
static sem_t stopped; /* posted by the helper, for end_helper() */
static pid_t owner;   /* the process that has the helper; set by init() */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void wait_for(sem_t *s) {
    while (sem_wait(s) != 0) {
    }
}

static void *help(void *arg) {
    wait_for(&stop);
    sem_post(&stopped);
    return arg;
}

static void end_helper(void) {
    if (!RTK_PLANT(exit_join) && owner != getpid()) return;
    sem_post(&stop);
    wait_for(&stopped);
}

static void init(void) {
    pthread_t helper;
    sem_init(&stop, 0, 0);
    sem_init(&stopped, 0, 0);
    owner = getpid();
    if (pthread_create(&helper, NULL, help, NULL) != 0) return;
    pthread_detach(helper);
    atexit(end_helper);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    pthread_once(&once, init);
    double work[RTK_TWIN_COUNT];
    rtk_twin_work(work, views);
    return RTK_OK;
}

RTK_TWIN(exit_join, .run = run, .promised = RTK_FORK_SAFE_IDLE,
         .withheld = RTK_NO_THREADS_LEFT)
