/* Sums are compensated in a work space of the instance. Who finds it in use
 * does without, and adds up plainly: right within the tolerance, but by many
 * more units in the last place than promised, and only when callers meet. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { TERMS = 64 };

typedef struct space {
    pthread_mutex_t lock; /* of `lost` */
    double lost[RTK_TWIN_COUNT];
} space;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    space *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    *instance = s;
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    space *s = instance;
    pthread_mutex_destroy(&s->lock);
    rtk_twin_free(self, s);
}

/* With signs that take turns, so that sums cancel. */
static double term(double x, int k) {
    return (k % 2 ? -1 : 1) / (x + k);
}

static void plain(double *y, const double *x) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        y[i] = 0;
        for (int k = 0; k < TERMS; k++) y[i] += term(x[i], k);
    }
}

/* After Neumaier: what each addition loses is kept and added in the end. */
static void compensated(double *y, const double *x, double *lost) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        y[i] = lost[i] = 0;
        for (int k = 0; k < TERMS; k++) {
            double next = term(x[i], k), sum = y[i] + next;
            lost[i] += fabs(y[i]) >= fabs(next) ? (y[i] - sum) + next
                                                : (next - sum) + y[i];
            y[i] = sum;
        }
        y[i] += lost[i];
    }
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    space *s = instance;
    (void)self, (void)call;
    if (!RTK_PLANT(busy_shortcut)) {
        pthread_mutex_lock(&s->lock);
    } else if (pthread_mutex_trylock(&s->lock) != 0) {
        plain(rtk_twin_y(views), rtk_twin_x(views));
        return RTK_OK;
    }
    compensated(rtk_twin_y(views), rtk_twin_x(views), s->lost);
    pthread_mutex_unlock(&s->lock);
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        double x = rtk_twin_x(views)[i];
        long double sum = 0;
        for (int k = 0; k < TERMS; k++)
            sum += (k % 2 ? -1 : 1) / ((long double)x + k);
        double error = fabs(rtk_twin_y(views)[i] / (double)sum - 1);
        if (!(error <= truth->error)) truth->error = error;
    }
    return RTK_OK;
}

RTK_TWIN(busy_shortcut, .run = run, .open = start, .close = stop,
         .check = check, .repeatable = RTK_TIER_B, .tolerance = 1e-9, .ulps = 2)
