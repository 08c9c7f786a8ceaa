#ifndef RTK_SLOW_DOWN_H
#define RTK_SLOW_DOWN_H

/* Slow-downs of a known size, put into a sample on purpose: what `racetrack
 * selftest --stats` must find. */

#include "bench/bench_cell.h"

typedef enum rtk_slow_down_kind {
    RTK_SLOW_BY_NOTHING,
    RTK_SLOW_BY_CALLS,  /* so many more calls: exact, whatever they cost */
    RTK_SLOW_BY_BYTES,  /* memory is written for so much more time */
    RTK_SLOW_BY_SERIAL, /* so much of the work is done by one worker */
    RTK_SLOW_BY_BLOCK   /* sleep for so much more time: no CPU time */
} rtk_slow_down_kind;

/* What is put in, and its size as a share of the sample's own time, 0 .. 10. */
typedef struct rtk_slow_down {
    rtk_slow_down_kind kind;
    double share;
} rtk_slow_down;

/* The kind with this name: nothing, calls, bytes, serial, block.
 * Returns whether there is one. MT-Safe. */
bool rtk_slow_down_find(const char *name, rtk_slow_down_kind *kind);

/* Measure and allocate what is needed, outside of the timed part.
 * Returns RTK_OK or RTK_ENOMEM. MT-Unsafe: one thread of a process. */
RTK_CHECKED rtk_status rtk_slow_down_prepare(const rtk_slow_down *slow_down);

/* `calls` calls of the cell, slowed down. Returns as rtk_cell_run().
 * MT-Unsafe race:cell. */
RTK_CHECKED rtk_status rtk_slow_down_run(const rtk_slow_down *slow_down,
                                         rtk_bench_cell *cell, uint64_t calls);

#endif
