#include "kernels/linalg/blas_seats.h"

#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include <unistd.h>

#include "kernels/workers/fork_watch.h"

/* 24 and the threads of an OpenBLAS that was built for m are no more than
 * max(50, 2 m), for any m. */
enum { SEATS_LEAST = 24 };

/* Who gives a seat back wakes one who waits. */
static sem_t seats;
/* Written when the library is loaded. */
static bool made;

static bool put(void) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return sem_init(&seats, 0,
                    cpus > SEATS_LEAST ? (unsigned)cpus : SEATS_LEAST) == 0;
}

/* Those who sat are threads of the parent. */
static void child(void *self) {
    (void)self;
    (void)put();
}

static void __attribute__((constructor)) open_house(void) {
    static rtk_fork_watcher watcher = {.child = child};
    made = put() && !rtk_fork_watch(&watcher);
}

rtk_status rtk_blas_enter(void) {
    if (!made) return RTK_ENOMEM;
    while (sem_wait(&seats) && errno == EINTR) {
    }
    return RTK_OK;
}

void rtk_blas_leave(void) {
    sem_post(&seats);
}
