#ifndef RTK_BOUNDS_H
#define RTK_BOUNDS_H

/* Points of the unit cube to boxes and back, and to whole numbers: as
 * scipy.stats.qmc.scale() and QMCEngine.integers(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* to = from * (high - low) + low, or the way back.
 *
 *   to         out: n rows of d; may be `from`
 *   from       n rows of d, each in [0, 1], or for the way back in its interval
 *   low, high  d each, finite, low < high
 *   back       from the box to the unit cube
 *
 * Returns RTK_OK, or RTK_EINVAL for what is outside of its range: then nothing
 * is written. MT-Safe. */
RTK_CHECKED rtk_status rtk_bounds_scale(double *to, const double *from,
                                        size_t n, size_t d, const double *low,
                                        const double *high, bool back);

/* Whole numbers from low to below high, or with `ends` up to high.
 *
 *   to         out: n rows of d
 *   from       n rows of d, each in [0, 1)
 *   low, high  d each, low < high, or with `ends` low <= high; numbers between
 *              -2^53 and 2^53
 *
 * Returns RTK_OK, or RTK_EINVAL for what is outside of its range: then nothing
 * is written. MT-Safe. */
RTK_CHECKED rtk_status rtk_bounds_integers(int64_t *to, const double *from,
                                           size_t n, size_t d,
                                           const int64_t *low,
                                           const int64_t *high, bool ends);

#ifdef __cplusplus
}
#endif

#endif
