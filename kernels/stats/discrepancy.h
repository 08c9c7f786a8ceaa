#ifndef RTK_DISCREPANCY_H
#define RTK_DISCREPANCY_H

/* How far points of the unit cube are from being spread evenly. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The measures, as scipy.stats.qmc.discrepancy() defines them. */
typedef enum rtk_discrepancy_kind {
    RTK_DISCREPANCY_CD,     /* centred, squared */
    RTK_DISCREPANCY_WD,     /* wrap-around, squared */
    RTK_DISCREPANCY_MD,     /* mixture, squared */
    RTK_DISCREPANCY_L2_STAR /* L2-star, the square root taken */
} rtk_discrepancy_kind;

/* The discrepancy of n points of d coordinates.
 *
 *   x          n * d coordinates, point after point, each 0 to 1; only read
 *   n, d       1 or more; n * d doubles must be addressable
 *   kind       one of the measures above
 *   workers    by the grammar of workers.h, on the process-wide thread pool;
 *              they share blocks of rows of a fixed size, whose sums are
 *              combined in block order: equal bits for any workers (tier A)
 *   value      out, on success only
 *   effective  out, may be NULL: how many workers the call could have had
 *
 * Returns RTK_OK, RTK_EINVAL (also for NaN) or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_discrepancy(const double *x, size_t n, size_t d,
                                       rtk_discrepancy_kind kind,
                                       int64_t workers, double *value,
                                       unsigned *effective);

/* What rtk_discrepancy() gives for n + 1 points, but for what the last of them
 * adds; the measure of a set to which points are tried.
 *
 * Arguments and errors as there. MT-Safe. */
RTK_CHECKED rtk_status rtk_discrepancy_begin(const double *x, size_t n,
                                             size_t d,
                                             rtk_discrepancy_kind kind,
                                             int64_t workers, double *value,
                                             unsigned *effective);

/* The centred discrepancy of n points and one more.
 *
 *   more   the d coordinates of the point that is added
 *   x      the n points, as given to rtk_discrepancy_begin()
 *   value  in: what that gave, of RTK_DISCREPANCY_CD; out, on success only: the
 *          discrepancy of all n + 1 points
 *
 * Returns RTK_OK or RTK_EINVAL (also for NaN). MT-Safe. */
RTK_CHECKED rtk_status rtk_discrepancy_add(const double *more, const double *x,
                                           size_t n, size_t d, double *value);

#ifdef __cplusplus
}
#endif

#endif
