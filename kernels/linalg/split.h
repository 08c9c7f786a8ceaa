#ifndef RTK_SPLIT_H
#define RTK_SPLIT_H

/* How the CPUs of a call are divided between workers, who share a batch, and
 * threads of the BLAS, who share a matrix. Internal to linalg/. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What differs in how well the BLAS shares it. */
typedef enum rtk_split_operation {
    RTK_SPLIT_PRODUCT,
    RTK_SPLIT_SOLVE,
    RTK_SPLIT_LU,
    RTK_SPLIT_CHOLESKY,
    RTK_SPLIT_QR,
    RTK_SPLIT_EIGH,
    RTK_SPLIT_EIG,
    RTK_SPLIT_SVD,
    RTK_SPLIT_LSTSQ,
    RTK_SPLIT_OWN, /* not by the BLAS: m multiplications and additions */
    RTK_SPLIT_OPERATIONS
} rtk_split_operation;

/* One matrix of a batch: its operation and about what it costs. */
typedef struct rtk_split_work {
    rtk_split_operation operation;
    double m, n, k;  /* lengths, k being the third of a product, or the number
                        of right-hand sides */
    double widening; /* of arithmetic: 1, or 4 for complex numbers */
} rtk_split_work;

typedef struct rtk_split {
    unsigned workers;
    int blas_threads;
    int scoped; /* 0: the BLAS uses one thread anyway, whatever its setting */
} rtk_split;

/* About how long one matrix takes on one CPU, in nanoseconds. MT-Safe. */
double rtk_split_cost_ns(const rtk_split_work *work);

/* The split for `batch` such matrices on `cpus` CPUs, 1 or more. MT-Safe. */
rtk_split rtk_split_choose(const rtk_split_work *work, size_t batch,
                           unsigned cpus);

#ifdef __cplusplus
}
#endif

#endif
