/* A lock in shared memory keeps processes apart, but was not made for several
 * of them: who has to wait for it is never woken by another process. */
#include <pthread.h>
#include <sys/mman.h>

#include "stress/faults/fault_common.h"

typedef struct hall {
    pthread_mutex_t lock; /* of `work` */
    double work[RTK_TWIN_COUNT];
} hall;

/* Made when the plug-in is loaded: one for all processes forked after it. */
static hall *everyones;

__attribute__((constructor)) static void map(void) {
    pthread_mutexattr_t kind;
    void *made = mmap(NULL, sizeof *everyones, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return;
    everyones = made;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, RTK_PLANT(private_lock)
                                            ? PTHREAD_PROCESS_PRIVATE
                                            : PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&everyones->lock, &kind);
    pthread_mutexattr_destroy(&kind);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance;
    call->message = "there is no shared memory";
    if (!everyones) return RTK_ENOMEM;
    pthread_mutex_lock(&everyones->lock);
    rtk_twin_work(everyones->work, views);
    pthread_mutex_unlock(&everyones->lock);
    return RTK_OK;
}

RTK_TWIN(private_lock, .run = run)
