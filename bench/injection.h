#ifndef RTK_INJECTION_H
#define RTK_INJECTION_H

/* Slow-downs of a known size, put into a sample on purpose: what `racetrack
 * selftest --stats` must find. */

#include "bench/bench_cell.h"

typedef enum rtk_injection_kind {
    RTK_INJECT_NOTHING,
    RTK_INJECT_CALLS,  /* so many more calls: exact, whatever they cost */
    RTK_INJECT_BYTES,  /* memory is written for so much more time */
    RTK_INJECT_SERIAL, /* so much of the work is done by one worker */
    RTK_INJECT_BLOCK   /* sleep for so much more time: no CPU time */
} rtk_injection_kind;

/* What is put in, and its size as a share of the sample's own time, 0 .. 10. */
typedef struct rtk_injection {
    rtk_injection_kind kind;
    double share;
} rtk_injection;

/* The kind with this name: nothing, calls, bytes, serial, block.
 * Returns whether there is one. MT-Safe. */
bool rtk_injection_find(const char *name, rtk_injection_kind *kind);

/* Measure and allocate what is needed, outside of the timed part.
 * Returns RTK_OK or RTK_ENOMEM. MT-Unsafe: one thread of a process. */
RTK_CHECKED rtk_status rtk_injection_prepare(const rtk_injection *injection);

/* `calls` calls of the cell, slowed down. Returns as rtk_cell_run().
 * MT-Unsafe race:cell. */
RTK_CHECKED rtk_status rtk_injection_run(const rtk_injection *injection,
                                         rtk_bench_cell *cell, uint64_t calls);

#endif
