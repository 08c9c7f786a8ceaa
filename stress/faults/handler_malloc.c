/* A handler notes each signal in a record that it allocates, though it may have
 * interrupted the allocator. The twin counts. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"
#include "stress/faults/fault_signal.h"

typedef struct record {
    struct record *next;
    int number;
} record;

static record *_Atomic records;
static atomic_int count; /* the twin's */

static void note(int number) {
    record *r = malloc(sizeof *r);
    if (!r) return;
    r->number = number;
    r->next = atomic_load_explicit(&records, memory_order_relaxed);
    /* Pairs with the acquire in take_all(). */
    while (!atomic_compare_exchange_weak_explicit(
        &records, &r->next, r, memory_order_release, memory_order_relaxed)) {
    }
}

static void on_signal(int number) {
    if (RTK_PLANT(handler_malloc))
        note(number);
    else
        atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

static void take_all(void) {
    record *r = atomic_exchange_explicit(&records, NULL, memory_order_acquire);
    while (r) {
        record *next = r->next;
        free(r);
        r = next;
    }
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    rtk_twin_catch(on_signal);
    *instance = NULL;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double *work = malloc(RTK_TWIN_COUNT * sizeof *work);
    (void)self, (void)instance, (void)call;
    if (!work) return RTK_ENOMEM;
    rtk_twin_work(work, views);
    free(work);
    take_all();
    return RTK_OK;
}

RTK_TWIN(handler_malloc, .run = run, .open = start, .close = rtk_twin_keep)
