#include "kernels/workers/executors.h"

rtk_status rtk_serial_map(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers) {
    (void)self;
    (void)workers;
    /* Statuses are the loop's to keep; every part is called. */
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

const rtk_executor *rtk_executor_serial(void) {
    static const rtk_executor serial = {.size = sizeof serial,
                                        .name = "serial",
                                        .map = rtk_serial_map,
                                        .most = 1};
    return &serial;
}
