#ifndef RTK_CPU_PLACEMENT_H
#define RTK_CPU_PLACEMENT_H

/* Where a helper thread runs. Internal to workers. */

#ifdef __cplusplus
extern "C" {
#endif

/* The CPU that the calling thread runs on, or -1. MT-Safe. */
int rtk_cpu_here(void);

/* If the calling thread runs on `cpu`, move it to another of the CPUs that it
 * was allowed when it first called this; if there is none, nothing is done. The
 * thread's affinity mask lacks `cpu` from then on, until it must leave another
 * one. Costs a system call only when it moves. `cpu` may be -1: not known.
 * MT-Safe. */
void rtk_cpu_leave(int cpu);

#ifdef __cplusplus
}
#endif

#endif
