/* An instance opens a file and forgets to close it. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"

typedef struct log_file {
    int descriptor;
} log_file;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    log_file *f = malloc(sizeof *f);
    (void)self, (void)args, (void)views, (void)workers;
    if (!f) return RTK_ENOMEM;
    f->descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
    *instance = f;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(work, views);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    const log_file *f = instance;
    if (!RTK_PLANT(descriptor_leak)) close(f->descriptor);
    rtk_twin_free(self, instance);
}

RTK_TWIN(descriptor_leak, .run = run, .open = start, .close = stop)
