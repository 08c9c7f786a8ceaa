#ifndef RTK_CEILINGS_H
#define RTK_CEILINGS_H

/* How much faster this machine is with more threads, by programs that cannot
 * fail to scale but for the machine: multiply-adds in registers, and a[i] =
 * b[i]
 * + s * c[i] over memory. */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Multiply-adds: `steps` on each thread's share, so that the work does not
 * depend on `threads`.
 *
 *   threads  1 .. RTK_CONTEST_THREADS, the caller is one
 *
 * Returns the nanoseconds from when all threads were there until the last was
 * done, or -1 if they could not be started. MT-Safe. */
RTK_PEER_API double rtk_ceiling_fma(unsigned threads, uint64_t steps);

/* The triad, `sweeps` times over `bytes` of memory in three arrays, which
 * the threads share. The memory is kept from call to call.
 *
 * Returns as rtk_ceiling_fma(). MT-Unsafe race:memory. */
RTK_PEER_API double rtk_ceiling_triad(unsigned threads, uint64_t bytes,
                                      uint64_t sweeps);

#ifdef __cplusplus
}
#endif

#endif
