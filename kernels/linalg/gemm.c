/* The product is the library's; ours is the split of a batch, one product a
 * part. beta = 0, so what was in c does not matter, not even NaN. */

#include "kernels/linalg/gemm.h"

#include <cblas.h>
#include <limits.h>
#include <stdbool.h>

#include "kernels/linalg/blas_seats.h"
#include "kernels/workers/workers.h"

static rtk_status product(void *arg, size_t i) {
    const rtk_gemm_problem *p = arg;
    int m = (int)p->m, n = (int)p->n, k = (int)p->k;
    const double *a = p->a + i * p->m * p->k;
    const double *b = p->b + i * p->k * p->n;
    double *c = p->c + i * p->m * p->n;
    rtk_status s = rtk_blas_enter();
    if (s) return s;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0, a, k,
                b, n, 0.0, c, n);
    rtk_blas_leave();
    return RTK_OK;
}

static bool fits(size_t n) {
    return n >= 1 && n <= INT_MAX;
}

rtk_status rtk_gemm(const rtk_gemm_problem *problem, int64_t workers,
                    unsigned *effective) {
    if (!fits(problem->m) || !fits(problem->n) || !fits(problem->k) ||
        problem->batch < 1)
        return RTK_EINVAL;
    rtk_gemm_problem p = *problem;
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s = rtk_parallel_for(NULL, workers, p.batch, product, &p, &loop);
    if (effective && !s) *effective = loop.effective;
    return s;
}
