#ifndef RTK_SAMPLE_H
#define RTK_SAMPLE_H

/* One timed batch of calls of a cell, and what the machine did meanwhile. */

#include "bench/bench_cell.h"
#include "bench/slow_down.h"

/* How a sample is to be taken. */
typedef struct rtk_sample_how {
    uint64_t calls;    /* 1 or more */
    uint64_t start_ns; /* of rtk_clock_ns(): not before; 0: at once */
    rtk_slow_down slow_down;
} rtk_sample_how;

/* What it gave. Counts are differences of the process between its start and its
 * end; steal and pressure are the machine's, steal in ticks of 10 ms. */
typedef struct rtk_sample {
    uint64_t wall_ns, cpu_ns, thread_cpu_ns; /* of all calls */
    long voluntary_switches, involuntary_switches, minor_faults, major_faults;
    double steal_ns, pressure_ns; /* NaN: this kernel does not tell */
    int cpu_start, cpu_end;       /* on which it began and ended */
    uint64_t checksum;
} rtk_sample;

/* Take one sample of a cell that was opened, after a warming call outside of
 * it. A wrong answer or a call that fails is kept in the cell's answer, and
 * there is no sample then.
 *
 * Returns whether there is one. MT-Unsafe race:cell. */
bool rtk_sample_take(rtk_bench_cell *cell, const rtk_sample_how *how,
                     rtk_sample *sample);

/* What the clock can do: its smallest step in nanoseconds, from 20,000
 * readings.
 *
 *   backwards  out: how often it went backwards, which must be 0
 *
 * MT-Safe. */
uint64_t rtk_clock_step_ns(unsigned *backwards);

#endif
