/* The inner kernel is written in assembler and declares its operands. An
 * instance claimed to be MT-Safe lends it a work space that is part of it. */
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct plan {
    double work[RTK_TWIN_COUNT];
} plan;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = calloc(1, sizeof(plan));
    return *instance ? RTK_OK : RTK_ENOMEM;
}

/* to = factor * from, as the library's users of the kernel call it. */
static void scale(const rtk_host *host, double *to, const double *from,
                  double factor) {
    host->declare_read(from, RTK_TWIN_COUNT * sizeof *from);
    host->declare_write(to, RTK_TWIN_COUNT * sizeof *to);
    rtk_twin_asm_scale(to, from, factor, RTK_TWIN_COUNT);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    plan *p = instance, own;
    double *work = RTK_PLANT(asm_kernel) ? p->work : own.work;
    call->message = "the kernel is for x86-64";
    if (!rtk_twin_has_asm()) return RTK_EUNSUPPORTED;
    scale(twin->host, work, rtk_twin_x(views), RTK_TWIN_PASSES);
    scale(twin->host, rtk_twin_y(views), work, 1);
    return RTK_OK;
}

RTK_TWIN(asm_kernel, .run = run, .open = start, .close = rtk_twin_free)
