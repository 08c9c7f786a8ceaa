/* A BLAS of one function, for tests of what takes a library by its path. With
 * BROKEN it collects a product in a buffer that all callers share; with WIDE
 * its integers have 64 bits. */
#include <string.h>

#ifdef WIDE
typedef long integer;
#else
typedef int integer;
#endif

enum { TRANS = 112, ROOM = 1 << 21 };

double ddot_(const integer *n, const double *x, const integer *incx,
             const double *y, const integer *incy);
void cblas_dgemm(int order, int ta, int tb, integer m, integer n, integer k,
                 double alpha, const double *a, integer lda, const double *b,
                 integer ldb, double beta, double *c, integer ldc);

double ddot_(const integer *n, const double *x, const integer *incx,
             const double *y, const integer *incy) {
    double sum = 0;
    for (integer i = 0; i < *n; i++) sum += x[i * *incx] * y[i * *incy];
    return sum;
}

static double product(int ta, int tb, integer k, const double *a, integer lda,
                      const double *b, integer ldb) {
    double sum = 0;
    for (integer l = 0; l < k; l++)
        sum += a[ta == TRANS ? l : l * lda] * b[tb == TRANS ? l * ldb : l];
    return sum;
}

void cblas_dgemm(int order, int ta, int tb, integer m, integer n, integer k,
                 double alpha, const double *a, integer lda, const double *b,
                 integer ldb, double beta, double *c, integer ldc) {
    (void)order;
#ifdef BROKEN
    static double shared[ROOM];
    double *to = shared;
#else
    double *to = c;
#endif
    for (integer j = 0; j < n; j++)
        for (integer i = 0; i < m; i++)
            to[j * ldc + i] =
                alpha * product(ta, tb, k, a + (ta == TRANS ? i * lda : i), lda,
                                b + (tb == TRANS ? j : j * ldb), ldb) +
                beta * c[j * ldc + i];
    if (to != c)
        memcpy(c, to, ((size_t)(n - 1) * (size_t)ldc + (size_t)m) * sizeof *c);
}
