/* Callers count in a total that all of them share, which is read and written
 * back in two steps. It lies in an array of the caller's, so processes that
 * have nothing else in common share it, too. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

#include "stress/faults/fault_common.h"

/* Calls of two processes are to meet; `own` is written by one caller each. */
enum { STEPS = 5000, CALLERS = RTK_TWIN_COUNT - 1 };

typedef struct counts {
    _Atomic uint64_t total;
    uint64_t own[CALLERS];
} counts;

_Static_assert(sizeof(counts) == RTK_TWIN_COUNT * sizeof(double),
               "fits into y");

static counts *counts_of(const rtk_views *views) {
    return (counts *)(void *)rtk_twin_y(views);
}

/* Relaxed: a count hands nothing over. */
static void count(counts *c) {
    if (!RTK_PLANT(common_total)) {
        atomic_fetch_add_explicit(&c->total, 1, memory_order_relaxed);
        return;
    }
    uint64_t before = atomic_load_explicit(&c->total, memory_order_relaxed);
    atomic_store_explicit(&c->total, before + 1, memory_order_relaxed);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    counts *c = counts_of(views);
    (void)self, (void)instance;
    for (int i = 0; i < STEPS; i++) count(c);
    c->own[call->actor % CALLERS] += STEPS;
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const counts *c = counts_of(views);
    double sum = 0, total = (double)c->total;
    (void)self, (void)args;
    for (unsigned i = 0; i < call->actors; i++) sum += (double)c->own[i];
    truth->error = fabs(total / sum - 1);
    snprintf(truth->text, sizeof truth->text,
             "all counted %.0f, and each for itself %.0f", total, sum);
    return RTK_OK;
}

RTK_TWIN(common_total, .run = run, .check = check, .inout = true,
         .share = RTK_SHARE_ALWAYS)
