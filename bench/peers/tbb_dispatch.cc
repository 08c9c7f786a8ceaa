/* Loops on oneTBB, in an arena of as many slots as workers. */

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "bench/peers/dispatcher.h"

namespace {

void loops(unsigned workers, rtk_dispatch_part part, void *arg,
           uint64_t calls) {
    tbb::task_arena arena(static_cast<int>(workers));
    arena.execute([&] {
        for (uint64_t i = 0; i < calls; i++)
            tbb::parallel_for(
                0U, workers, [=](unsigned p) { part(arg, p); },
                tbb::static_partitioner());
    });
}

void start(unsigned workers) {
    /* Lives for ever: more threads than CPUs must be allowed. */
    static auto *control = new tbb::global_control(
        tbb::global_control::max_allowed_parallelism, workers);
    (void)control;
}

} // namespace

const rtk_dispatcher *rtk_dispatcher_table(void) {
    static const rtk_dispatcher table = {sizeof table, "oneTBB", start, loops};
    return &table;
}
