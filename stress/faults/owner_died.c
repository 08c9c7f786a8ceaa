/* A table in shared memory is changed under a robust lock, now and then by a
 * worker process; such a process may be killed at any moment. The next owner of
 * the lock is told, and says that all is well again without having looked: half
 * of the table is the dead one's. The twin writes the table anew. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"

enum { WORKERS_IN = 8, LARGEST = 1000 };

typedef struct table {
    pthread_mutex_t lock; /* robust; of the rest */
    double divisor, factor[RTK_TWIN_COUNT];
} table;

/* Made when the plug-in is loaded: one for all processes forked after it. */
static table *everyones;

/* With the lock held: up to `steps` of the RTK_TWIN_COUNT + 1 that a change
 * takes. True: it is complete. */
static bool change(double divisor, uint64_t steps) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        if (steps-- == 0) return false;
        everyones->factor[i] = (double)RTK_TWIN_PASSES * divisor;
    }
    if (steps == 0) return false;
    everyones->divisor = divisor;
    return true;
}

static void whole(double divisor) {
    (void)change(divisor, UINT64_MAX);
}

__attribute__((constructor)) static void map(void) {
    pthread_mutexattr_t kind;
    void *made = mmap(NULL, sizeof *everyones, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return;
    everyones = made;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&everyones->lock, &kind);
    pthread_mutexattr_destroy(&kind);
    whole(1);
}

static int take(void) {
    int error = pthread_mutex_lock(&everyones->lock);
    if (error != EOWNERDEAD) return error;
    if (!RTK_PLANT(owner_died)) whole(1);
    return pthread_mutex_consistent(&everyones->lock);
}

/* A worker process that changes the table, and is killed on its way, in the
 * middle of the change or behind it. */
static void worker(uint64_t bits) {
    double divisor = (double)(1 + bits % LARGEST);
    if (take() != 0) _exit(EXIT_FAILURE);
    if (change(divisor, (bits >> 32) % (UINT64_C(2) * RTK_TWIN_COUNT)))
        pthread_mutex_unlock(&everyones->lock);
    kill(getpid(), SIGKILL);
}

static void work_elsewhere(uint64_t bits) {
    pid_t child = fork();
    if (child == 0) worker(bits);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    uint64_t bits = twin->host->random_bits(call->seed, call->round);
    (void)instance;
    call->message = "there is no shared memory, or no lock";
    if (!everyones) return RTK_ENOMEM;
    if (call->round % WORKERS_IN == 1) work_elsewhere(bits);
    if (take() != 0) return RTK_EFAILED;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        rtk_twin_y(views)[i] =
            rtk_twin_x(views)[i] * everyones->factor[i] / everyones->divisor;
    pthread_mutex_unlock(&everyones->lock);
    return RTK_OK;
}

RTK_TWIN(owner_died, .run = run)
