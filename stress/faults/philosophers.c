/* A call needs two work spaces that lie side by side in a ring, and takes its
 * own before that of its neighbour. When all have their own, nobody gets the
 * second. */
#include <pthread.h>

#include "stress/faults/fault_common.h"

enum { SPACES = 3 };

typedef struct space {
    pthread_mutex_t lock;
    double work[RTK_TWIN_COUNT]; /* guarded by lock */
} space;

static space ring[SPACES] = {{.lock = PTHREAD_MUTEX_INITIALIZER},
                             {.lock = PTHREAD_MUTEX_INITIALIZER},
                             {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* The sound twin takes the one that comes first in the ring first. */
static void take(space *own, space *next) {
    bool swap = !RTK_PLANT(philosophers) && next < own;
    pthread_mutex_lock(swap ? &next->lock : &own->lock);
    pthread_mutex_lock(swap ? &own->lock : &next->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    space *own = &ring[call->actor % SPACES];
    space *next = &ring[(call->actor + 1) % SPACES];
    (void)self, (void)instance;
    take(own, next);
    rtk_twin_add_up(own->work, rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) next->work[i] = own->work[i];
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        rtk_twin_y(views)[i] = next->work[i];
    pthread_mutex_unlock(&next->lock);
    pthread_mutex_unlock(&own->lock);
    return RTK_OK;
}

RTK_TWIN(philosophers, .run = run)
