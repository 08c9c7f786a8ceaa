/* A handler writes a byte to wake somebody, to a pipe that nobody reads any
 * more, and leaves errno as that has set it: what it interrupted may be about
 * to look at its own. The twin sets it back. */
#include <errno.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"
#include "stress/faults/fault_signal.h"

enum { NOBODY = -1 }; /* the descriptor, after the pipe was closed */

static void on_signal(int number) {
    int before = errno;
    char byte = (char)number;
    ssize_t written = write(NOBODY, &byte, sizeof byte);
    (void)written;
    if (!RTK_PLANT(handler_errno)) errno = before;
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
    return RTK_OK;
}

RTK_TWIN(handler_errno, .run = run, .open = start, .close = rtk_twin_keep)
