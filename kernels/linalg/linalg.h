#ifndef RTK_LINALG_H
#define RTK_LINALG_H

/* Linear algebra on batches: each function takes arrays of shape (..., m, n)
 * and treats every matrix of the leading axes by itself. LAPACK and BLAS are
 * underneath, ours are the split and the order of memory, and small products
 * and systems of real numbers (small_product.h, small_solve.h).
 *
 * Arrays: float, double and their complex kin, of one and the same number where
 * nothing else is said; the leading axes of all arrays of a call are equal (one
 * array for many matrices is a stride of 0). Any strides. Inputs are only read.
 * An output may be an input itself, element for element, where the shapes
 * allow; other extents that meet are refused. No length beyond INT_MAX.
 *
 * What one matrix is never matters to another one of its batch. What became of
 * each stands in options->info, and the status is RTK_OK all the same:
 *
 *   0                    done
 *   RTK_INFO_NOT_FINITE  there is a NaN or an infinity in what would be read:
 *                        the library was not called, all results are NaN
 *   above 0              LAPACK's own: what is said at each function; what the
 *                        results then are, too
 *
 * Products have no such thing: NaN and infinities go their way.
 *
 * Bits are equal for any number of workers and any strides, as long as the BLAS
 * has the same number of threads: what it computes depends on that. Both may
 * depend on the CPU.
 *
 * Any number of threads may call at once. No more are in the library than it
 * has work spaces for, others wait. Calls that want different numbers of BLAS
 * threads wait for each other, in order of arrival, as the number is one for
 * the whole process. A scope (pool_limits.h) that somebody holds on it with
 * less limits these calls, too; for an exclusive one they wait, unless the
 * calling thread holds it. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/array/array.h"
#include "kernels/workers/status.h"
#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_INFO_NOT_FINITE = -1 };

/* How to compute; start it as RTK_LINALG_OPTIONS. */
typedef struct rtk_linalg_options {
    size_t size; /* sizeof(rtk_linalg_options) */
    /* By the grammar of workers.h. With blas_threads 0 it is how many CPUs the
     * call may use, and a measured rule (split.c) divides them between workers
     * that share the batch and threads of the BLAS; else it is the workers. */
    int64_t workers;
    int blas_threads;    /* 0 (choose), or 1 and more: exactly so many */
    int upper;           /* 1: Cholesky and eigh take the upper triangle */
    int *info;           /* out, may be NULL: one for each matrix, in C order */
    unsigned *effective; /* out, may be NULL: the workers there could be */
    int *effective_blas; /* out, may be NULL: and threads of the BLAS */
} rtk_linalg_options;

#define RTK_LINALG_OPTIONS                                                     \
    { .size = sizeof(rtk_linalg_options), .workers = RTK_WORKERS_DEFAULT }

/* All functions below return RTK_OK; RTK_EINVAL for arrays or options outside
 * their range; RTK_EUNSUPPORTED for lengths that the library cannot take, or
 * when it has not so many threads as blas_threads; RTK_ENOMEM. After any but
 * the last outputs are as they were. `options` NULL: RTK_LINALG_OPTIONS. */

/* c = a b: a is (..., m, k), b (..., k, n), c (..., m, n). MT-Safe. */
RTK_CHECKED rtk_status rtk_matmul(const rtk_array *a, const rtk_array *b,
                                  const rtk_array *c,
                                  const rtk_linalg_options *options);

/* Solve a x = b by LU with exchanges: a is (..., n, n), b and x (..., n, k).
 * info: a is singular (at that step of the elimination, from 1, nothing but
 * zeros was left to divide by); x is NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_solve(const rtk_array *a, const rtk_array *b,
                                 const rtk_array *x,
                                 const rtk_linalg_options *options);

/* Cholesky's factor: a = l l^H, or u^H u; (..., n, n) both. One triangle of `a`
 * is read, the other one of the result is zero. info: the order of the leading
 * minor that is not positive; the result is NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_cholesky(const rtk_array *a, const rtk_array *l,
                                    const rtk_linalg_options *options);

/* p a = l u with row exchanges: a and lu are (..., m, n), l below the diagonal
 * of lu, with ones on its own.
 *
 *   pivots  out, may be NULL: min(m, n) for each matrix, in C order: row i was
 *           exchanged with row pivots[i], from 0
 *
 * info: the first pivot that is zero, from 1; the factors are good all the
 * same. MT-Safe. */
RTK_CHECKED rtk_status rtk_lu(const rtk_array *a, const rtk_array *lu,
                              int *pivots, const rtk_linalg_options *options);

/* a = q r: a is (..., m, n); with k = min(m, n), q is (..., m, k) and r
 * (..., k, n), or q (..., m, m) and r (..., m, n).
 *
 *   q  NULL: only r
 *
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_qr(const rtk_array *a, const rtk_array *q,
                              const rtk_array *r,
                              const rtk_linalg_options *options);

/* Eigenvalues of symmetric or Hermitian matrices, ascending, and vectors as
 * columns: a and v are (..., n, n), w (..., n), real. One triangle of `a` is
 * read.
 *
 *   v  NULL: only values
 *
 * info: it did not converge; results are NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_eigh(const rtk_array *a, const rtk_array *w,
                                const rtk_array *v,
                                const rtk_linalg_options *options);

/* Eigenvalues of any square matrices, and right vectors as columns, of length
 * 1: a is (..., n, n), w (..., n), v (..., n, n), the last two complex.
 *
 *   v  NULL: only values
 *
 * info: it did not converge; results are NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_eig(const rtk_array *a, const rtk_array *w,
                               const rtk_array *v,
                               const rtk_linalg_options *options);

/* Singular values, descending, and vectors: a = u diag(s) vh. a is (..., m, n);
 * with k = min(m, n), s is (..., k), real, u (..., m, k) and vh (..., k, n), or
 * u (..., m, m) and vh (..., n, n).
 *
 *   u, vh  both NULL: only values
 *
 * info: it did not converge; results are NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_svd(const rtk_array *a, const rtk_array *u,
                               const rtk_array *s, const rtk_array *vh,
                               const rtk_linalg_options *options);

/* What rtk_lstsq() can be told and tell besides; start it with its size. */
typedef struct rtk_lstsq_details {
    size_t size;  /* sizeof(rtk_lstsq_details) */
    double rcond; /* singular values up to so many of the largest count as
                     zero; 0 or less: the distance from 1 to the next number */
    int *rank;    /* out, may be NULL: of each matrix, in C order; -1 where
                     info is not 0 */
    const rtk_array *s; /* out, may be NULL: singular values, as rtk_svd() */
} rtk_lstsq_details;

/* The x of least norm of those for which |a x - b| is least: a is (..., m, n),
 * b (..., m, k), x (..., n, k).
 *
 *   details  may be NULL
 *
 * info: it did not converge; x is NaN.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_lstsq(const rtk_array *a, const rtk_array *b,
                                 const rtk_array *x,
                                 const rtk_lstsq_details *details,
                                 const rtk_linalg_options *options);

/* Let go of what was kept between calls, which is the list of libraries whose
 * threads are limited; the next call that needs it makes it anew.
 * MT-Unsafe: no other call may run. */
void rtk_linalg_release(void);

#ifdef __cplusplus
}
#endif

#endif
