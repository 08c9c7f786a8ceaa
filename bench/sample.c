#include "bench/sample.h"

#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"

/* Waking from a sleep takes about so long; the rest is waited for awake. */
enum { WAKE_NS = 200000, READINGS = 20000 };
static const uint64_t second_ns = 1000000000;

/* What the machine did up to now. */
typedef struct state {
    struct rusage usage;
    double steal_ns, pressure_ns;
    int cpu;
} state;

static uint64_t thread_cpu_ns(void) {
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

/* The first bytes of a file of /proc; "" when there is none. */
static void head_of(const char *path, char *text, size_t room) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, room - 1);
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0) close(fd);
}

/* proc(5): the eighth number of the first line of /proc/stat, in ticks. */
static double steal_ns(void) {
    char text[256];
    unsigned long long value[8];
    head_of("/proc/stat", text, sizeof text);
    if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &value[0],
               &value[1], &value[2], &value[3], &value[4], &value[5], &value[6],
               &value[7]) != 8)
        return NAN;
    return (double)value[7] * 1e9 / (double)sysconf(_SC_CLK_TCK);
}

/* Microseconds for which some task waited for a CPU, in all. */
static double pressure_ns(void) {
    char text[128];
    head_of("/proc/pressure/cpu", text, sizeof text);
    const char *total = strstr(text, "total=");
    return total ? strtod(total + strlen("total="), NULL) * 1e3 : NAN;
}

static state look(void) {
    state now = {.steal_ns = steal_ns(),
                 .pressure_ns = pressure_ns(),
                 .cpu = sched_getcpu()};
    getrusage(RUSAGE_SELF, &now.usage);
    return now;
}

static void wait_until(uint64_t start_ns) {
    if (start_ns > rtk_clock_ns() + WAKE_NS) {
        uint64_t until = start_ns - WAKE_NS;
        const struct timespec at = {.tv_sec = (time_t)(until / second_ns),
                                    .tv_nsec = (long)(until % second_ns)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    while (rtk_clock_ns() < start_ns) {
    }
}

static void differences(const state *before, const state *after,
                        rtk_sample *s) {
    const struct rusage *a = &before->usage, *b = &after->usage;
    s->voluntary_switches = b->ru_nvcsw - a->ru_nvcsw;
    s->involuntary_switches = b->ru_nivcsw - a->ru_nivcsw;
    s->minor_faults = b->ru_minflt - a->ru_minflt;
    s->major_faults = b->ru_majflt - a->ru_majflt;
    s->steal_ns = after->steal_ns - before->steal_ns;
    s->pressure_ns = after->pressure_ns - before->pressure_ns;
    s->cpu_start = before->cpu;
    s->cpu_end = after->cpu;
}

bool rtk_sample_take(rtk_bench_cell *cell, const rtk_sample_how *how,
                     rtk_sample *sample) {
    rtk_status s = rtk_slow_down_prepare(&how->slow_down);
    if (!s) s = rtk_cell_warm(cell);
    wait_until(how->start_ns);
    state before = look();
    uint64_t thread = thread_cpu_ns(), cpu = rtk_clock_cpu_ns(),
             wall = rtk_clock_ns();
    if (!s) s = rtk_slow_down_run(&how->slow_down, cell, how->calls);
    sample->wall_ns = rtk_clock_ns() - wall;
    sample->cpu_ns = rtk_clock_cpu_ns() - cpu;
    sample->thread_cpu_ns = thread_cpu_ns() - thread;
    state after = look();
    differences(&before, &after, sample);
    if (s)
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN, "a sample failed",
                        cell->call.message ? cell->call.message
                                           : rtk_status_text(s));
    else
        sample->checksum = rtk_cell_judge_again(cell);
    if (cell->spins) rtk_settle();
    return cell->answer.status == RTK_CELL_MEASURED;
}

uint64_t rtk_clock_step_ns(unsigned *backwards) {
    uint64_t least = UINT64_MAX, last = rtk_clock_ns();
    *backwards = 0;
    for (int i = 0; i < READINGS; i++) {
        uint64_t now = rtk_clock_ns();
        *backwards += now < last;
        if (now > last && now - last < least) least = now - last;
        last = now;
    }
    return least;
}
