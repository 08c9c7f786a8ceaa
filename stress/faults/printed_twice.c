/* A note is left in the buffer of a stream of the library's own; a fork doubles
 * it, and both processes write it. */
#include <stdio.h>

#include "stress/faults/fault_common.h"

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = fopen("/dev/null", "we");
    return *instance ? RTK_OK : RTK_EIO;
}

static void stop(void *self, void *instance) {
    (void)self;
    fclose(instance);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)call;
    fprintf(instance, "call %llu\n", (unsigned long long)call->round);
    if (!RTK_PLANT(printed_twice)) fflush(instance);
    rtk_twin_work(work, views);
    return RTK_OK;
}

RTK_TWIN(printed_twice, .run = run, .open = start, .close = stop,
         .promised = RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY)
