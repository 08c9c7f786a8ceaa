#ifndef RTK_TOEPLITZ_H
#define RTK_TOEPLITZ_H

/* Matrices that are known by one column and one row: Toeplitz's, t[i][j] =
 * c[i - j], or r[j - i] above the diagonal, and circulant ones. Batches,
 * arrays, options and info are those of linalg.h; blas_threads does not matter.
 * Products and circulant systems need FFTW, of whose want of memory fft.h
 * tells. */

#include "kernels/linalg/linalg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = t x by Fourier transforms: c is (..., m), r (..., n), x (..., n, k), y
 * (..., m, k). y may be x, element for element. Errors are in proportion to the
 * largest element of a column of y, and a NaN or an infinity spoils its whole
 * column. Workers share all columns of all matrices.
 *
 *   r  the first row, of which r[0] is not looked at; NULL: c, conjugated, and
 *      n = m
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED (m + n beyond INT_MAX / 2) or
 * RTK_ENOMEM (y is then undefined). MT-Safe. */
RTK_CHECKED rtk_status rtk_matmul_toeplitz(const rtk_array *c,
                                           const rtk_array *r,
                                           const rtk_array *x,
                                           const rtk_array *y,
                                           const rtk_linalg_options *options);

/* Solve t x = b by Levinson's recursion, in double, in O(n^2 k) operations and
 * O(n k) memory: c and r are (..., n), b and x (..., n, k). It is as exact as
 * the leading minors of t are well conditioned; for matrices with bad ones
 * there is rtk_solve(). Workers share the matrices.
 *
 *   r  the first row, of which r[0] is not looked at; NULL: c, conjugated
 *
 * info: the order of the first leading minor that is zero; x is NaN.
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED or RTK_ENOMEM (x is as it was).
 * Source: G. Golub, C. Van Loan, Matrix Computations, section 4.7.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_solve_toeplitz(const rtk_array *c,
                                          const rtk_array *r,
                                          const rtk_array *b,
                                          const rtk_array *x,
                                          const rtk_linalg_options *options);

/* What rtk_solve_circulant() can be told besides; start it with its size. */
typedef struct rtk_circulant_details {
    size_t size;       /* sizeof(rtk_circulant_details) */
    double tolerance;  /* eigenvalues up to it, in modulus, count as zero; 0 or
                          less: n epsilon times the largest */
    int least_squares; /* 1: the x of least norm of those for which |a x - b| is
                          least, also where `a` is singular */
} rtk_circulant_details;

/* Solve a x = b, where a[i][j] = c[(i - j) mod n], by Fourier transforms: c is
 * (..., n), b and x (..., n, k). Workers share all columns of all matrices.
 *
 *   details  may be NULL
 *
 * info: how many eigenvalues count as zero; x is NaN, or with
 * details->least_squares good all the same. RTK_INFO_NOT_FINITE where c is not;
 * a NaN or an infinity in b spoils its column of x alone.
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED or RTK_ENOMEM (x is then
 * undefined). MT-Safe. */
RTK_CHECKED rtk_status rtk_solve_circulant(const rtk_array *c,
                                           const rtk_array *b,
                                           const rtk_array *x,
                                           const rtk_circulant_details *details,
                                           const rtk_linalg_options *options);

#ifdef __cplusplus
}
#endif

#endif
