#ifndef RTK_GEMM_H
#define RTK_GEMM_H

/* Products of double matrices through CBLAS.
 *
 * How many threads one product uses is the BLAS library's own, process-wide
 * setting: open an rtk_limits scope around calls that care. For a batch,
 * workers times one BLAS thread is best. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* c[i] = a[i] * b[i] for i in 0 .. batch-1. Row-major and contiguous, one
 * matrix after the other: a is m x k, b is k x n, c is m x n. */
typedef struct rtk_gemm_problem {
    size_t m, n, k, batch;
    const double *a, *b;
    double *c;
} rtk_gemm_problem;

/* Multiply.
 *
 *   problem    m, n, k 1 .. INT_MAX, batch 1 or more; c overlaps neither a
 *              nor b, which are only read
 *   workers    by the grammar of workers.h, on the process-wide thread pool;
 *              they share the batch, each product is one worker's
 *   effective  out, may be NULL: how many workers the batch could have had
 *
 * No more threads are in the BLAS at once than it has work spaces for; others
 * wait. Equal bits for any number of workers only as far as the BLAS gives
 * them. Returns RTK_OK, RTK_EINVAL, or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_gemm(const rtk_gemm_problem *problem,
                                int64_t workers, unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
