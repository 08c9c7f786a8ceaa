/* Beside other busy processes a scheduler keeps a woken helper on its waker's
 * CPU, and two workers are then slower than one, for as long as both live. So
 * helpers leave that CPU. On another they take turns with the foreign process;
 * one that has a share of a loop and waits for its turn would make the caller
 * wait as well, so the caller brings it to its own CPU and sleeps. */

#include "kernels/workers/threads/cpu_placement.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

/* The calling thread's own mask, as it was at first. */
static _Thread_local struct {
    bool known, usable;
    cpu_set_t set;
} first;

int rtk_cpu_here(void) {
    int saved = errno, cpu = sched_getcpu();
    errno = saved;
    return cpu;
}

void rtk_cpu_remember(void) {
    first.known = true;
    first.usable =
        !pthread_getaffinity_np(pthread_self(), sizeof first.set, &first.set);
}

void rtk_cpu_leave(int cpu, bool brought) {
    bool known = cpu >= 0 && cpu < CPU_SETSIZE;
    if (!brought && (!known || rtk_cpu_here() != cpu)) return;
    if (!first.known) rtk_cpu_remember();
    if (!first.usable) return;
    cpu_set_t others = first.set;
    if (known) CPU_CLR((size_t)cpu, &others);
    /* A refusal leaves us where we are, which is slow but right. */
    if (CPU_COUNT(&others))
        (void)!pthread_setaffinity_np(pthread_self(), sizeof others, &others);
}

void rtk_cpu_bring(pthread_t thread) {
    cpu_set_t here;
    int cpu = rtk_cpu_here();
    if (cpu < 0 || cpu >= CPU_SETSIZE) return;
    CPU_ZERO(&here);
    CPU_SET((size_t)cpu, &here);
    (void)!pthread_setaffinity_np(thread, sizeof here, &here);
}

uint64_t rtk_cpu_used_ns(pthread_t thread) {
    clockid_t clock;
    struct timespec used;
    int saved = errno;
    bool failed =
        pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &used);
    errno = saved;
    if (failed) return 0;
    return (uint64_t)used.tv_sec * 1000000000U + (uint64_t)used.tv_nsec;
}
