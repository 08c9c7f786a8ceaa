/* A new instance copies the default tuning over the library's own, and a call
 * copies the library's to itself: always the same values, but without a lock.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stress/faults/fault_common.h"

typedef struct tuning {
    double factor[RTK_TWIN_COUNT];
} tuning;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tuning current; /* guarded by lock, in the sound twin */

static void copy(tuning *to, const tuning *from) {
    if (!RTK_PLANT(memcpy_race)) pthread_mutex_lock(&lock);
    memcpy(to, from, sizeof *to);
    if (!RTK_PLANT(memcpy_race)) pthread_mutex_unlock(&lock);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    tuning *mine = malloc(sizeof *mine);
    (void)self, (void)args, (void)views, (void)workers;
    if (!mine) return RTK_ENOMEM;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        mine->factor[i] = RTK_TWIN_PASSES;
    copy(&current, mine);
    *instance = mine;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    tuning t; /* the call's own: others may use the instance */
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    (void)self, (void)instance, (void)call;
    copy(&t, &current);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t.factor[i] * x[i];
    return RTK_OK;
}

RTK_TWIN(memcpy_race, .run = run, .open = start, .close = rtk_twin_free)
