/* Workers deposit particles on a grid, in whichever order they come: there is
 * no truth to compare a grid with, but nothing may get lost on the way. A cell
 * is read and written back in two atomic steps. */
#include <math.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 30, CELLS = 4 };

typedef struct grid {
    const double *x;
    _Atomic double cell[CELLS];
} grid;

/* Relaxed: the end of the loop orders the cells before their use. */
static void deposit(_Atomic double *cell, double mass) {
    double was = atomic_load_explicit(cell, memory_order_relaxed);
    if (RTK_PLANT(lost_mass)) {
        atomic_store_explicit(cell, was + mass, memory_order_relaxed);
        return;
    }
    while (!atomic_compare_exchange_weak_explicit(
        cell, &was, was + mass, memory_order_relaxed, memory_order_relaxed)) {
    }
}

static void part(void *arg, size_t lo, size_t hi) {
    grid *g = arg;
    for (int pass = 0; pass < RTK_TWIN_PASSES; pass++)
        for (size_t i = lo; i < hi; i++)
            deposit(&g->cell[(size_t)g->x[i] % CELLS], g->x[i]);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    grid g = {.x = rtk_twin_x(views)};
    double *y = rtk_twin_y(views);
    (void)instance;
    rtk_status s = twin->host->parallel_for(call->workers, RTK_TWIN_COUNT,
                                            BLOCK, part, &g);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        y[i] = i < CELLS
                   ? atomic_load_explicit(&g.cell[i], memory_order_relaxed)
                   : 0;
    return s;
}

static rtk_status hold(void *self, void *instance, const rtk_args *args,
                       const rtk_views *views, const rtk_call *call,
                       rtk_truth *truth) {
    double before = 0, after = 0;
    (void)self, (void)instance, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        before += (double)RTK_TWIN_PASSES * rtk_twin_x(views)[i];
        after += rtk_twin_y(views)[i];
    }
    truth->error = fabs(after - before) / before;
    return RTK_OK;
}

static const rtk_law conserved = {.size = sizeof conserved,
                                  .name = "conservation",
                                  .summary = "what is deposited is on the grid",
                                  .hold = hold};

/* The host's workers stay. */
RTK_TWIN(lost_mass, .run = run, .unchecked = true, .law = &conserved,
         .repeatable = RTK_TIER_B, .tolerance = 1e-12,
         .withheld = RTK_NO_THREADS_LEFT)
