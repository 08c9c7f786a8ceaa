/* An instance ends its helper thread when it is destroyed, but neither joins
 * nor detaches it: no thread is seen, its stack stays. */
#include "stress/faults/fault_helper.h"

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    rtk_helper *helper;
    (void)self, (void)args, (void)views, (void)workers;
    rtk_status s = rtk_helper_new(&helper);
    if (!s) *instance = helper;
    return s;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)call;
    rtk_helper_work(instance, views);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    (void)self;
    if (RTK_PLANT(unjoined_thread))
        rtk_helper_end(instance);
    else
        rtk_helper_free(instance);
}

RTK_TWIN(unjoined_thread, .run = run, .open = start, .close = stop)
