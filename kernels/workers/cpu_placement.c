/* Beside other busy processes a scheduler keeps a woken helper on its waker's
 * CPU, and two workers are then slower than one, for as long as both live. */

#include "kernels/workers/cpu_placement.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

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

static bool know_first(void) {
    if (!first.known) {
        first.known = true;
        first.usable = !pthread_getaffinity_np(pthread_self(), sizeof first.set,
                                               &first.set);
    }
    return first.usable;
}

void rtk_cpu_leave(int cpu) {
    if (cpu < 0 || cpu >= CPU_SETSIZE || rtk_cpu_here() != cpu) return;
    if (!know_first()) return;
    cpu_set_t others = first.set;
    CPU_CLR((size_t)cpu, &others);
    /* A refusal leaves us where we are, which is slow but right. */
    if (CPU_COUNT(&others))
        (void)!pthread_setaffinity_np(pthread_self(), sizeof others, &others);
}
