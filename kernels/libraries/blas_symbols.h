#ifndef RTK_BLAS_SYMBOLS_H
#define RTK_BLAS_SYMBOLS_H

/* The functions of a CBLAS and LAPACK library with 32-bit integers, found at
 * run time. Those that a library lacks are NULL. The prototypes are those of
 * the reference implementations. */

#include "kernels/libraries/library.h"

enum { RTK_ROW_MAJOR = 101, RTK_PLAIN = 111, RTK_TRANSPOSED = 112 };
enum { RTK_UPPER = 121, RTK_LOWER = 122, RTK_UNIT = 132, RTK_LEFT = 141 };

#define RTK_BLAS_SYMBOLS(X)                                                    \
    X(cblas_ddot, double, (int, const double *, int, const double *, int))     \
    X(cblas_dasum, double, (int, const double *, int))                         \
    X(cblas_dnrm2, double, (int, const double *, int))                         \
    X(cblas_daxpy, void, (int, double, const double *, int, double *, int))    \
    X(cblas_dscal, void, (int, double, double *, int))                         \
    X(cblas_dgemv, void,                                                       \
      (int, int, int, int, double, const double *, int, const double *, int,   \
       double, double *, int))                                                 \
    X(cblas_dsymv, void,                                                       \
      (int, int, int, double, const double *, int, const double *, int,        \
       double, double *, int))                                                 \
    X(cblas_dtrsv, void,                                                       \
      (int, int, int, int, int, const double *, int, double *, int))           \
    X(cblas_dger, void,                                                        \
      (int, int, int, double, const double *, int, const double *, int,        \
       double *, int))                                                         \
    X(cblas_dgemm, void,                                                       \
      (int, int, int, int, int, int, double, const double *, int,              \
       const double *, int, double, double *, int))                            \
    X(cblas_sgemm, void,                                                       \
      (int, int, int, int, int, int, float, const float *, int, const float *, \
       int, float, float *, int))                                              \
    X(cblas_zgemm, void,                                                       \
      (int, int, int, int, int, int, const void *, const void *, int,          \
       const void *, int, const void *, void *, int))                          \
    X(cblas_dsyrk, void,                                                       \
      (int, int, int, int, int, double, const double *, int, double, double *, \
       int))                                                                   \
    X(cblas_dsymm, void,                                                       \
      (int, int, int, int, int, double, const double *, int, const double *,   \
       int, double, double *, int))                                            \
    X(cblas_dtrmm, void,                                                       \
      (int, int, int, int, int, int, int, double, const double *, int,         \
       double *, int))                                                         \
    X(cblas_dtrsm, void,                                                       \
      (int, int, int, int, int, int, int, double, const double *, int,         \
       double *, int))                                                         \
    X(dgesv_, void,                                                            \
      (const int *, const int *, double *, const int *, int *, double *,       \
       const int *, int *))                                                    \
    X(dpotrf_, void,                                                           \
      (const char *, const int *, double *, const int *, int *, size_t))       \
    X(dgeqrf_, void,                                                           \
      (const int *, const int *, double *, const int *, double *, double *,    \
       const int *, int *))                                                    \
    X(dsyev_, void,                                                            \
      (const char *, const char *, const int *, double *, const int *,         \
       double *, double *, const int *, int *, size_t, size_t))                \
    X(dgesdd_, void,                                                           \
      (const char *, const int *, const int *, double *, const int *,          \
       double *, double *, const int *, double *, const int *, double *,       \
       const int *, int *, int *, size_t))                                     \
    X(openblas_get_config, char *, (void))                                     \
    X(openblas_get_corename, char *, (void))                                   \
    X(openblas_get_parallel, int, (void))                                      \
    X(openblas_get_num_threads, int, (void))                                   \
    X(openblas_set_num_threads, void, (int))                                   \
    X(bli_thread_get_num_threads, long, (void))                                \
    X(bli_thread_set_num_threads, void, (long))                                \
    X(bli_info_get_version_str, char *, (void))

/* The functions; immutable once filled. */
typedef struct rtk_blas {
#define RTK_SYMBOL(name, result, arguments) result(*name) arguments;
    RTK_BLAS_SYMBOLS(RTK_SYMBOL)
#undef RTK_SYMBOL
} rtk_blas;

/* The library in use, filled before the first subject is called. */
extern rtk_blas rtk_blas_in_use;

/* What the operations need of the host. */
extern const rtk_host *rtk_blas_host;

/* Matrices are n x n unless an operation says otherwise. */
enum { RTK_BLAS_N, RTK_BLAS_THREADS, RTK_BLAS_PARAMS };

/* The operations, each family a file: `n` of them at `ops`. MT-Safe. */
const rtk_op *rtk_blas_vectors(size_t *n);
const rtk_op *rtk_blas_products(size_t *n);
const rtk_op *rtk_blas_solvers(size_t *n);
const rtk_op *rtk_blas_queries(size_t *n);
const rtk_op *rtk_blas_controls(size_t *n);

/* Claims of an exact result, and of a residual within a tolerance. */
extern const rtk_claims rtk_blas_exact, rtk_blas_close;

/* Element `i` of a stream of small whole numbers, so that sums of products are
 * exact in any order. MT-Safe. */
double rtk_blas_whole(uint64_t seed, uint64_t i);

/* Set the library's number of threads, if it can be. False: it cannot.
 * MT-Safe as far as the library is, which is what is tried. */
bool rtk_blas_set_threads(int threads);

#endif
