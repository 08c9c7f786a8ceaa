/* Loops on OpenMP: built by gcc for libgomp, and by clang for libomp. */

#include "bench/peers/dispatcher.h"

static void loops(unsigned workers, rtk_dispatch_part part, void *arg,
                  uint64_t calls) {
    for (uint64_t i = 0; i < calls; i++) {
#pragma omp parallel for num_threads(workers) schedule(static)
        for (unsigned p = 0; p < workers; p++) part(arg, p);
    }
}

const rtk_dispatcher *rtk_dispatcher_table(void) {
    static const rtk_dispatcher table = {
        .size = sizeof table, .name = RTK_OPENMP_NAME, .loops = loops};
    return &table;
}
