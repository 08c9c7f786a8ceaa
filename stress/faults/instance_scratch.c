/* An instance is claimed to be MT-Safe, but running it works in a buffer that
 * is part of it, as with a plan that keeps its work space. */
#include <stdlib.h>

#include "stress/faults/fault_common.h"

typedef struct plan {
    double scratch[RTK_TWIN_COUNT];
} plan;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = calloc(1, sizeof(plan));
    return *instance ? RTK_OK : RTK_ENOMEM;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    plan *p = instance;
    double own[RTK_TWIN_COUNT];
    (void)self, (void)call;
    rtk_twin_work(RTK_PLANT(instance_scratch) ? p->scratch : own, views);
    return RTK_OK;
}

RTK_TWIN(instance_scratch, .run = run, .open = start, .close = rtk_twin_free)
