#include "bench/slow_down.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/clock.h"

/* Larger than a core's own caches, so that writing it is traffic. */
enum { STREAM_BYTES = 8 << 20, STREAM_STEP = 1 << 16, STREAM_PROBES = 5 };

/* Memory to write, and the least time that a step of it took; one a process. */
static struct {
    char *memory;
    size_t at;
    double step_ns;
} stream;

static void write_step(void) {
    memset(stream.memory + stream.at, (int)(stream.at >> 16), STREAM_STEP);
    stream.at = (stream.at + STREAM_STEP) % STREAM_BYTES;
}

/* The least of several passes: noise only ever adds. */
static rtk_status measure_stream(void) {
    stream.memory = calloc(1, STREAM_BYTES);
    if (!stream.memory) return RTK_ENOMEM;
    const int steps = STREAM_BYTES / STREAM_STEP;
    for (int probe = 0; probe < STREAM_PROBES; probe++) {
        uint64_t start = rtk_clock_ns();
        for (int i = 0; i < steps; i++) write_step();
        double ns = (double)(rtk_clock_ns() - start) / steps;
        if (!probe || ns < stream.step_ns) stream.step_ns = ns;
    }
    return RTK_OK;
}

bool rtk_slow_down_find(const char *name, rtk_slow_down_kind *kind) {
    static const char *const names[] = {"nothing", "calls", "bytes", "serial",
                                        "block"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (rtk_slow_down_kind)i;
            return true;
        }
    return false;
}

rtk_status rtk_slow_down_prepare(const rtk_slow_down *slow_down) {
    return slow_down->kind == RTK_SLOW_BY_BYTES && !stream.memory
               ? measure_stream()
               : RTK_OK;
}

/* The share of the work that is done by one worker alone. */
static rtk_status partly_serial(rtk_bench_cell *cell, uint64_t calls,
                                uint64_t share) {
    uint64_t serial = share < calls ? share : calls;
    int64_t workers = cell->call.workers;
    rtk_status s = rtk_cell_run(cell, calls - serial);
    cell->call.workers = 1;
    if (!s) s = rtk_cell_run(cell, serial);
    cell->call.workers = workers;
    return s;
}

static void write_for(double ns) {
    uint64_t steps = (uint64_t)ceil(ns / stream.step_ns);
    for (uint64_t i = 0; i < steps; i++) write_step();
}

static void sleep_for(double ns) {
    const struct timespec time = {.tv_sec = (time_t)(ns / 1e9),
                                  .tv_nsec = (long)fmod(ns, 1e9)};
    nanosleep(&time, NULL);
}

rtk_status rtk_slow_down_run(const rtk_slow_down *slow_down,
                             rtk_bench_cell *cell, uint64_t calls) {
    double more = (double)calls * slow_down->share;
    double more_ns = more * cell->call_ns;
    uint64_t more_calls = (uint64_t)llround(more);
    rtk_status s;
    switch (slow_down->kind) {
    case RTK_SLOW_BY_CALLS: return rtk_cell_run(cell, calls + more_calls);
    case RTK_SLOW_BY_SERIAL: return partly_serial(cell, calls, more_calls);
    case RTK_SLOW_BY_BYTES:
        s = rtk_cell_run(cell, calls);
        write_for(more_ns);
        return s;
    case RTK_SLOW_BY_BLOCK:
        s = rtk_cell_run(cell, calls);
        sleep_for(more_ns);
        return s;
    case RTK_SLOW_BY_NOTHING: break;
    }
    return rtk_cell_run(cell, calls);
}
