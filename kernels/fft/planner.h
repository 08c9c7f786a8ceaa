#ifndef RTK_PLANNER_H
#define RTK_PLANNER_H

/* The lock of FFTW's planner, which has global state, and the wisdom of its
 * planning that measures. Held across a fork, so that a child may plan.
 * Internal to fft/. */

#include "kernels/array/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Take the lock. The same thread does not take it twice. Waits also until no
 * other thread has a plan scope open (kernels/threadpools/plan_scope.h).
 * Plans are for one thread until rtk_planner_unlock(). MT-Safe. */
void rtk_planner_lock(void);

/* Give it back, by the thread that took it. MT-Safe. */
void rtk_planner_unlock(void);

/* Give FFTW the wisdom that is kept apart from it, for planning that measures.
 * With the lock.
 *
 *   real  whose wisdom: RTK_FLOAT, RTK_DOUBLE or RTK_LONG_DOUBLE
 *
 * MT-Unsafe race:planner. */
void rtk_wisdom_take_out(rtk_number real);

/* Keep what FFTW knows now, and leave it what it knew before
 * rtk_wisdom_take_out(): so nothing that is planned by estimate depends on what
 * was measured before. With the lock. MT-Unsafe race:planner. */
void rtk_wisdom_put_away(rtk_number real);

#ifdef __cplusplus
}
#endif

#endif
