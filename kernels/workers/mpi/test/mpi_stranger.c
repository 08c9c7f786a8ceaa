/* A module that is loaded on some ranks only. */

#include "kernels/workers/apply.h"

__attribute__((visibility("default"))) rtk_status
mpi_stranger(void *context, const void *item, void *result);

rtk_status mpi_stranger(void *context, const void *item, void *result) {
    (void)context;
    *(long *)result = 3L * *(const int *)item;
    return RTK_OK;
}
