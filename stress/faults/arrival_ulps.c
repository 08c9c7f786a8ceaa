/* Workers add their blocks of a sum that cancels to one total as they get done.
 * Whatever the order, the result is right within the tolerance; but it is
 * promised to differ by few units in the last place, and does by many. */
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

/* Blocks take turns with their signs. */
static double block_of(const double *x, size_t lo, size_t hi) {
    double sum = 0;
    for (size_t i = lo; i < hi; i++)
        for (int k = 0; k < TERMS; k++) sum += 1 / (x[i] + k);
    return lo / BLOCK % 2 ? -sum : sum;
}

static void add_block(void *arg, size_t lo, size_t hi) {
    total *t = arg;
    double sum = block_of(t->x, lo, hi);
    if (!RTK_PLANT(arrival_ulps)) {
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

/* Relative to the sum of what is added. */
static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const double *x = rtk_twin_x(views);
    double sum = 0, all = 0;
    (void)self, (void)args, (void)call;
    for (size_t lo = 0; lo < RTK_TWIN_COUNT; lo += BLOCK) {
        double one = block_of(x, lo, lo + BLOCK);
        sum += one;
        all += fabs(one);
    }
    truth->error = fabs(rtk_twin_y(views)[0] - sum) / all;
    return RTK_OK;
}

/* The host's workers stay. */
RTK_TWIN(arrival_ulps, .run = run, .check = check, .repeatable = RTK_TIER_B,
         .tolerance = 1e-12, .ulps = 8, .withheld = RTK_NO_THREADS_LEFT)
