#include "kernels/workers/cgroup_quota.h"
#include "kernels/workers/workers.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOT_READ = 0, MASK_CPUS_MAX = 1 << 20 };

static unsigned affinity_of(int room) {
    cpu_set_t *set = CPU_ALLOC((size_t)room);
    if (!set) return 0;
    size_t bytes = CPU_ALLOC_SIZE((size_t)room);
    int count = 0;
    if (!sched_getaffinity(0, bytes, set)) count = CPU_COUNT_S(bytes, set);
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

static unsigned override(void) {
    const char *text = getenv("RACETRACK_CPUS");
    if (!text) return UINT_MAX;
    char *end;
    errno = 0;
    long long cpus = strtoll(text, &end, 10);
    if (errno || end == text || *end || cpus < 1) return UINT_MAX;
    return cpus < UINT_MAX ? (unsigned)cpus : UINT_MAX;
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
