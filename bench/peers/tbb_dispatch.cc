/* Loops on oneTBB, in an arena of as many slots as workers. */

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "bench/peers/dispatcher.h"

namespace {

/* Lives for ever, as in a program that keeps its arena. */
tbb::task_arena *arena;

void start(unsigned workers) {
    /* Lives for ever: more threads than CPUs must be allowed. */
    static auto *control = new tbb::global_control(
        tbb::global_control::max_allowed_parallelism, workers);
    (void)control;
    arena = new tbb::task_arena(static_cast<int>(workers));
}

void within(void (*body)(void *arg), void *arg) {
    arena->execute([=] { body(arg); });
}

void loops(const rtk_dispatch *d, uint64_t calls) {
    const rtk_part part = d->part;
    void *const arg = d->arg;
    for (uint64_t i = 0; i < calls; i++)
        tbb::parallel_for(
            std::size_t{0}, d->parts,
            [=](std::size_t p) { (void)!part(arg, p); },
            tbb::static_partitioner());
}

} // namespace

const rtk_dispatcher *rtk_dispatcher_table(void) {
    static const rtk_dispatcher table = {sizeof table, "oneTBB", start, within,
                                         loops};
    return &table;
}
