/* A signal asks for statistics. Its handler takes the lock of the statistics,
 * which the call that it interrupts may hold itself: it waits for its own
 * thread. The twin's handler leaves a note, and the next call does it. */
#include <pthread.h>
#include <stdatomic.h>

#include "stress/faults/fault_common.h"
#include "stress/faults/fault_signal.h"

/* `seen` and `told` are guarded by lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double seen, told;
static atomic_bool asked;

static void tell(void) {
    pthread_mutex_lock(&lock);
    told = seen;
    pthread_mutex_unlock(&lock);
}

static void on_signal(int number) {
    (void)number;
    /* Relaxed: the note is all there is. */
    if (!RTK_PLANT(handler_lock))
        atomic_store_explicit(&asked, true, memory_order_relaxed);
    else
        tell();
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
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(work, views);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) seen += work[i];
    pthread_mutex_unlock(&lock);
    if (atomic_exchange_explicit(&asked, false, memory_order_relaxed)) tell();
    return RTK_OK;
}

RTK_TWIN(handler_lock, .run = run, .open = start, .close = rtk_twin_keep)
