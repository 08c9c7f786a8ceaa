#include "kernels/workers/cgroup_quota.h"
#include "kernels/workers/executors.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOT_READ = 0, MASK_CPUS_MAX = 1 << 20 };

/* Whose mask counts. A helper may have left its caller's CPU by its own mask;
 * so that all parts of a loop see the same, they look at the process's first
 * thread. 0 is the calling thread. */
static pid_t who(void) {
    return rtk_loop_in_part() ? getpid() : 0;
}

static unsigned affinity_of(int room) {
    cpu_set_t *set = CPU_ALLOC((size_t)room);
    if (!set) return 0;
    size_t bytes = CPU_ALLOC_SIZE((size_t)room);
    int count = 0;
    if (!sched_getaffinity(who(), bytes, set)) count = CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    return (unsigned)count;
}

/* The kernel refuses a mask smaller than its own, so the room doubles. */
static unsigned affinity(void) {
    for (int room = CPU_SETSIZE; room <= MASK_CPUS_MAX; room *= 2) {
        unsigned count = affinity_of(room);
        if (count || errno != EINVAL) return count;
    }
    return 0;
}

static unsigned quota(void) {
    static _Atomic unsigned known = NOT_READ;
    /* Relaxed: the value is all that is handed over, and two threads that
     * read it at once store the same. */
    unsigned cpus = atomic_load_explicit(&known, memory_order_relaxed);
    if (cpus != NOT_READ) return cpus;
    cpus = rtk_cgroup_cpus("");
    if (!cpus) cpus = UINT_MAX;
    atomic_store_explicit(&known, cpus, memory_order_relaxed);
    return cpus;
}

/* Digits alone, as in "4": no sign, blank, fraction or unit. Any other text is
 * as none, and so is 0; a number beyond all counts lowers nothing. */
static unsigned override(void) {
    const char *text = getenv("RACETRACK_CPUS");
    if (!text || !*text || text[strspn(text, "0123456789")]) return UINT_MAX;
    unsigned long long cpus = strtoull(text, NULL, 10);
    return cpus && cpus < UINT_MAX ? (unsigned)cpus : UINT_MAX;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

unsigned rtk_cpus_usable(void) {
    int saved = errno;
    unsigned cpus = affinity();
    if (!cpus) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        cpus = online > 0 ? (unsigned)online : 1;
    }
    cpus = least(cpus, least(quota(), override()));
    errno = saved;
    return cpus;
}
