#ifndef RTK_PLANNER_H
#define RTK_PLANNER_H

/* The lock of FFTW's planner, which has global state. Held across a fork, so
 * that a child may plan. Internal to fft/. */

#ifdef __cplusplus
extern "C" {
#endif

/* Take the lock. MT-Safe. */
void rtk_planner_lock(void);

/* Give it back, by the thread that took it. MT-Safe. */
void rtk_planner_unlock(void);

#ifdef __cplusplus
}
#endif

#endif
