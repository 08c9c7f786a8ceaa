#ifndef RTK_CPU_PLACEMENT_H
#define RTK_CPU_PLACEMENT_H

/* Where a helper thread runs. Internal to workers. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CPU that the calling thread runs on, or -1. MT-Safe. */
int rtk_cpu_here(void);

/* Note the CPUs that the calling thread is allowed now, for rtk_cpu_leave().
 * MT-Safe. */
void rtk_cpu_remember(void);

/* If the calling thread runs on `cpu`, move it to another of the CPUs that it
 * remembers; if there is none, nothing is done. The thread's affinity mask
 * lacks `cpu` from then on, until it must leave another one. Costs a system
 * call only when it moves.
 *
 *   cpu      -1: not known
 *   brought  it was moved by rtk_cpu_bring() and is to leave in any case
 *
 * MT-Safe. */
void rtk_cpu_leave(int cpu, bool brought);

/* Move `thread` to the calling thread's CPU, and allow it no other. One that
 * waits for its turn elsewhere goes on here as soon as the caller sleeps.
 * MT-Safe. */
void rtk_cpu_bring(pthread_t thread);

/* CPU time that `thread`, which lives, has used so far, in nanoseconds; 0 when
 * it cannot be known. MT-Safe. */
uint64_t rtk_cpu_used_ns(pthread_t thread);

#ifdef __cplusplus
}
#endif

#endif
