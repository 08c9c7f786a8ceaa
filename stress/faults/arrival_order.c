/* Workers add their blocks to one sum as they get done. That is correct within
 * rounding, but the bits depend on who comes first, though tier A is claimed.
 */
#include <math.h>
#include <pthread.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 30, BLOCKS = RTK_TWIN_COUNT / BLOCK, TERMS = 256 };

typedef struct total {
    const double *x;
    pthread_mutex_t lock;
    double sum;          /* guarded by lock */
    double part[BLOCKS]; /* each written by the worker of its block */
} total;

static double term(double x) {
    double sum = 0;
    for (int k = 0; k < TERMS; k++) sum += 1 / (x + k);
    return sum;
}

static void add_block(void *arg, size_t lo, size_t hi) {
    total *t = arg;
    double sum = 0;
    for (size_t i = lo; i < hi; i++) sum += term(t->x[i]);
    if (!RTK_PLANT(arrival_order)) {
        t->part[lo / BLOCK] = sum;
        return;
    }
    pthread_mutex_lock(&t->lock);
    t->sum += sum;
    pthread_mutex_unlock(&t->lock);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    total t = {.x = rtk_twin_x(views), .lock = PTHREAD_MUTEX_INITIALIZER};
    double *y = rtk_twin_y(views);
    (void)instance;
    rtk_status s = twin->host->parallel_for(call->workers, RTK_TWIN_COUNT,
                                            BLOCK, add_block, &t);
    for (size_t b = 0; b < BLOCKS; b++) t.sum += t.part[b];
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t.sum;
    return s;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const double *x = rtk_twin_x(views);
    long double sum = 0;
    (void)self, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        for (int k = 0; k < TERMS; k++) sum += 1 / ((long double)x[i] + k);
    truth->error = fabs(rtk_twin_y(views)[0] / (double)sum - 1);
    return RTK_OK;
}

/* The host's workers stay. */
RTK_TWIN(arrival_order, .run = run, .check = check, .tolerance = 1e-12,
         .withheld = RTK_NO_THREADS_LEFT)
