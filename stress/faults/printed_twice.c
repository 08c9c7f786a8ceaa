/* A note is left in the buffer of a stream of the library's own; a fork doubles
 * it, and both processes write it. Without a buffer none is left there. */
#include <stdio.h>

#include "stress/faults/fault_common.h"

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    FILE *to = fopen("/dev/null", "we");
    *instance = to;
    if (!to) return RTK_EIO;
    if (!RTK_PLANT(printed_twice)) setvbuf(to, NULL, _IONBF, 0);
    return RTK_OK;
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
    rtk_twin_work(work, views);
    return RTK_OK;
}

RTK_TWIN(printed_twice, .run = run, .open = start, .close = stop,
         .promised = RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY)
