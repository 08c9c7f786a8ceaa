/* Loops on OpenMP: built by gcc for libgomp, and by clang for libomp. */

#include "bench/peers/dispatcher.h"

static void loops(const rtk_dispatch *d, uint64_t calls) {
    const rtk_part part = d->part;
    void *const arg = d->arg;
    const size_t parts = d->parts;
    for (uint64_t i = 0; i < calls; i++) {
#pragma omp parallel for num_threads(d->workers) schedule(static)
        for (size_t p = 0; p < parts; p++) (void)!part(arg, p);
    }
}

const rtk_dispatcher *rtk_dispatcher_table(void) {
    static const rtk_dispatcher table = {
        .size = sizeof table, .name = RTK_OPENMP_NAME, .loops = loops};
    return &table;
}
