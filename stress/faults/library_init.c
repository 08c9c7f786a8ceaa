/* Each user of the library calls its init(), and the first sets it up. The
 * users are counted atomically, so that only one is the first; but the second
 * goes on at once, whether the first is done or not. */
#include <pthread.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

static double table[RTK_TWIN_COUNT];
static atomic_uint users;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the set-up */

static void init(void) {
    if (!RTK_PLANT(library_init)) pthread_mutex_lock(&lock);
    if (atomic_fetch_add_explicit(&users, 1, memory_order_acq_rel) == 0)
        for (size_t i = 0; i < RTK_TWIN_COUNT; i++) table[i] = RTK_TWIN_PASSES;
    if (!RTK_PLANT(library_init)) pthread_mutex_unlock(&lock);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    init();
    *instance = table;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views), *t = instance;
    double *y = rtk_twin_y(views);
    (void)self, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t[i] * x[i];
    return RTK_OK;
}

RTK_TWIN(library_init, .run = run, .open = start, .close = rtk_twin_keep)
