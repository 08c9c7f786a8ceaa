/* Work space is mapped when the plug-in is loaded, and stays one and the same
 * in all processes that are forked from there. No thread is involved. */
#include <sys/mman.h>

#include "stress/faults/fault_common.h"

static double *scratch;

__attribute__((constructor)) static void map(void) {
    int kind = RTK_PLANT(shared_mapping) ? MAP_SHARED : MAP_PRIVATE;
    void *at = mmap(NULL, RTK_TWIN_COUNT * sizeof *scratch,
                    PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
    scratch = at == MAP_FAILED ? NULL : at;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    if (!scratch) return RTK_ENOMEM;
    rtk_twin_work(scratch, views);
    return RTK_OK;
}

RTK_TWIN(shared_mapping, .run = run, .mt_object = "all")
