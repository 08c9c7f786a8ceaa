#ifndef RTK_SUM_H
#define RTK_SUM_H

/* The sum of an array, with an error that grows as log n. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sum x[0] + ... + x[n-1] pairwise (Higham, The Accuracy of Floating Point
 * Summation, SIAM J. Sci. Comput. 14, 1993).
 *
 *   x          n elements; may be NULL when n is 0; only read
 *   workers    by the grammar of workers.h, on the process-wide thread pool;
 *              they share blocks of a fixed size, whose sums are combined in
 *              block order: equal bits for any workers (tier A)
 *   sum        out, on success only; 0 when n is 0
 *   effective  out, may be NULL: how many workers the sum could have had
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_sum(const double *x, size_t n, int64_t workers,
                               double *sum, unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
