/* The library has spin locks of its own make, of which it tells the host.
 * Opening and running take two of them in opposite orders. */
#include <sched.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"

static atomic_flag plans = ATOMIC_FLAG_INIT, spaces = ATOMIC_FLAG_INIT;
static uint64_t opened, calls; /* by who holds both */

static void lock(const rtk_host *host, atomic_flag *f) {
    /* Pairs with the release in unlock(). */
    while (atomic_flag_test_and_set_explicit(f, memory_order_acquire))
        sched_yield();
    if (host->lock_taken) host->lock_taken(f);
}

static void unlock(const rtk_host *host, atomic_flag *f) {
    if (host->lock_released) host->lock_released(f);
    /* Pairs with the acquire in lock(). */
    atomic_flag_clear_explicit(f, memory_order_release);
}

static void count(const rtk_twin *twin, atomic_flag *first, atomic_flag *second,
                  uint64_t *counter) {
    lock(twin->host, first);
    lock(twin->host, second);
    ++*counter;
    unlock(twin->host, second);
    unlock(twin->host, first);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)args, (void)views, (void)workers;
    if (RTK_PLANT(spin_order))
        count(self, &spaces, &plans, &opened);
    else
        count(self, &plans, &spaces, &opened);
    *instance = &opened;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)instance, (void)call;
    rtk_twin_work(work, views);
    count(self, &plans, &spaces, &calls);
    return RTK_OK;
}

RTK_TWIN(spin_order, .run = run, .open = start, .close = rtk_twin_keep)
