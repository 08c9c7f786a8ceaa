/* Workers take the blocks of a loop from a counter. It is atomic, but read and
 * set in two steps, so that two workers may take one block, and add it twice.
 */
#include <stdatomic.h>
#include <string.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 4, WORKERS = 8 };

typedef struct loop {
    const double *x;
    double *y;
    atomic_size_t next;
} loop;

/* The first index of a block that nobody else has. Relaxed: blocks are
 * independent, and the end of the loop orders them. */
static size_t take(loop *l) {
    if (!RTK_PLANT(loop_ticket))
        return atomic_fetch_add_explicit(&l->next, BLOCK, memory_order_relaxed);
    size_t lo = atomic_load_explicit(&l->next, memory_order_relaxed);
    atomic_store_explicit(&l->next, lo + BLOCK, memory_order_relaxed);
    return lo;
}

static void work(void *arg, size_t first, size_t last) {
    loop *l = arg;
    (void)first, (void)last;
    for (size_t lo; (lo = take(l)) < RTK_TWIN_COUNT;)
        for (size_t i = lo; i < lo + BLOCK; i++)
            for (int pass = 0; pass < RTK_TWIN_PASSES; pass++)
                l->y[i] += l->x[i];
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    loop l = {.x = rtk_twin_x(views), .y = rtk_twin_y(views)};
    (void)instance;
    memset(l.y, 0, RTK_TWIN_COUNT * sizeof *l.y);
    return twin->host->parallel_for(call->workers, WORKERS, 1, work, &l);
}

/* The host's workers stay. */
RTK_TWIN(loop_ticket, .run = run, .withheld = RTK_NO_THREADS_LEFT)
