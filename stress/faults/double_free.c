/* The parts of a loop share a table, which the last that needs it frees. Each
 * counts itself out and then looks whether it was the last, in two steps: two
 * that come at once both were. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 30, PARTS = RTK_TWIN_COUNT / BLOCK };

typedef struct table {
    atomic_uint users;
    double factor[BLOCK];
} table;

typedef struct loop {
    const double *x;
    double *y;
    table *shared[PARTS / 2]; /* one for each two neighbours */
} loop;

/* Acquire and release: all uses come before the end of the table. */
static void release(table *t) {
    unsigned before =
        atomic_fetch_sub_explicit(&t->users, 1, memory_order_acq_rel);
    if (RTK_PLANT(double_free))
        before = atomic_load_explicit(&t->users, memory_order_acquire) + 1;
    if (before == 1) free(t);
}

static void part(void *arg, size_t lo, size_t hi) {
    loop *l = arg;
    table *t = l->shared[lo / BLOCK % (PARTS / 2)];
    for (size_t i = lo; i < hi; i++) l->y[i] = t->factor[i - lo] * l->x[i];
    release(t);
}

static table *make(void) {
    table *t = malloc(sizeof *t);
    if (!t) return NULL;
    atomic_init(&t->users, 2);
    for (size_t i = 0; i < BLOCK; i++) t->factor[i] = RTK_TWIN_PASSES;
    return t;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    loop l = {.x = rtk_twin_x(views), .y = rtk_twin_y(views)};
    (void)instance;
    for (size_t i = 0; i < PARTS / 2; i++) {
        l.shared[i] = make();
        if (l.shared[i]) continue;
        while (i) free(l.shared[--i]);
        return RTK_ENOMEM;
    }
    return twin->host->parallel_for(call->workers, RTK_TWIN_COUNT, BLOCK, part,
                                    &l);
}

/* The host's workers stay. */
RTK_TWIN(double_free, .run = run, .withheld = RTK_NO_THREADS_LEFT)
