#include "kernels/workers/workers.h"

/* The context default. Thread-local, so that it is nobody else's and a new
 * thread starts at 1. */
static _Thread_local unsigned context = 1;

static rtk_status wrap(int64_t workers, uint64_t *count) {
    int64_t cpus = rtk_cpus_usable();
    if (workers < -cpus) return RTK_EINVAL;
    *count = (uint64_t)(cpus + 1 + workers);
    return RTK_OK;
}

static rtk_status ask(int64_t workers, uint64_t *count) {
    if (workers == 0) return RTK_EINVAL;
    if (workers < 0 && workers != RTK_WORKERS_DEFAULT)
        return wrap(workers, count);
    *count = workers > 0 ? (uint64_t)workers : context;
    return RTK_OK;
}

rtk_status rtk_workers_resolve(int64_t workers, size_t parts, unsigned *count) {
    uint64_t asked = 1;
    rtk_status s = ask(workers, &asked);
    if (s) return s;
    if (asked > RTK_WORKERS_MAX) asked = RTK_WORKERS_MAX;
    if (asked > parts) asked = parts ? parts : 1;
    *count = (unsigned)asked;
    return RTK_OK;
}

rtk_status rtk_workers_default_set(int64_t workers, int64_t *previous) {
    unsigned count = 0;
    rtk_status s = rtk_workers_resolve(workers, SIZE_MAX, &count);
    if (s) return s;
    if (previous) *previous = context;
    context = count;
    return RTK_OK;
}

int64_t rtk_workers_default(void) {
    return context;
}

void rtk_workers_default_restore(const int64_t *previous) {
    if (*previous > 0) context = (unsigned)*previous;
}
