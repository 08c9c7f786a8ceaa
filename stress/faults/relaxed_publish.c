/* A table is published by an atomic pointer without release and acquire: the
 * pointer may be seen before what it points to. x86-64 forgives it. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct table {
    double factor[RTK_TWIN_COUNT];
} table;

static _Atomic(table *) published;

/* In the sound twin the release pairs with both acquires. */
static const memory_order publish =
    RTK_PLANT(relaxed_publish) ? memory_order_relaxed : memory_order_release;
static const memory_order look =
    RTK_PLANT(relaxed_publish) ? memory_order_relaxed : memory_order_acquire;

static const table *get(void) {
    table *found = atomic_load_explicit(&published, look);
    if (found) return found;
    table *made = malloc(sizeof *made);
    if (!made) return NULL;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        made->factor[i] = RTK_TWIN_PASSES;
    if (atomic_compare_exchange_strong_explicit(&published, &found, made,
                                                publish, look))
        return made;
    free(made);
    return found;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const double *x = rtk_twin_x(views);
    double *y = rtk_twin_y(views);
    const table *t = get();
    (void)self, (void)instance, (void)call;
    if (!t) return RTK_ENOMEM;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = t->factor[i] * x[i];
    return RTK_OK;
}

RTK_TWIN(relaxed_publish, .run = run)
