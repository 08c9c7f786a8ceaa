/* Levels 1 and 2, on small whole numbers, so that every sum is exact; and
 * products of other types. */
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/libraries/blas_symbols.h"

enum { A, X, Y, VIEWS };

/* a is n x n; x and y have n elements. */
typedef struct vectors {
    size_t n;
    const double *a, *x;
    double *y;
} vectors;

static vectors of(const rtk_views *v) {
    return (vectors){.n = rtk_view_at(v, X)->shape[0],
                     .a = rtk_view_at(v, A)->data,
                     .x = rtk_view_at(v, X)->data,
                     .y = rtk_view_at(v, Y)->data};
}

static rtk_status shape(const rtk_args *args, rtk_views *views, rtk_type type,
                        size_t y) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    if (views->n < VIEWS) return RTK_EINVAL;
    rtk_library_view(views, A, "a", type, RTK_IN, n * n);
    rtk_library_view(views, X, "x", type, RTK_IN, y > n ? n * n : n);
    rtk_library_view(views, Y, "y", type, RTK_OUT, y);
    views->n = VIEWS;
    return RTK_OK;
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    return shape(args, views, RTK_FLOAT64, (size_t)args->value[RTK_BLAS_N]);
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    for (size_t v = A; v <= X; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        double *x = view->data;
        for (size_t i = 0; i < view->shape[0]; i++)
            x[i] = rtk_blas_whole(seed + v, i);
    }
    return RTK_OK;
}

typedef double (*expected)(const vectors *v, size_t i);

static rtk_status compare(const vectors *v, expected want, rtk_truth *truth) {
    truth->error = 0;
    for (size_t i = 0; i < v->n; i++) {
        double w = want(v, i);
        if (v->y[i] == w) continue;
        truth->error = fabs(v->y[i] - w) / (fabs(w) + 1);
        snprintf(truth->text, sizeof truth->text, "y[%zu] is %.17g, not %.17g",
                 i, v->y[i], w);
        return RTK_OK;
    }
    return RTK_OK;
}

/* RTK_VECTOR(name, symbol, what y[i] must be, the call). */
#define RTK_VECTOR(name, symbol, value, ...)                                   \
    static double name##_expect(const vectors *v, size_t i) {                  \
        const double *a = v->a, *x = v->x;                                     \
        size_t n = v->n;                                                       \
        (void)a, (void)x, (void)n, (void)i;                                    \
        return value;                                                          \
    }                                                                          \
    static rtk_status name##_run(void *self, void *instance,                   \
                                 const rtk_views *views, rtk_call *call) {     \
        vectors v = of(views);                                                 \
        int n = (int)v.n;                                                      \
        (void)self, (void)instance;                                            \
        call->message = "the library has no " #symbol;                         \
        if (!rtk_blas_in_use.symbol) return RTK_EUNSUPPORTED;                  \
        __VA_ARGS__;                                                           \
        return RTK_OK;                                                         \
    }                                                                          \
    static rtk_status name##_check(void *self, const rtk_args *args,           \
                                   const rtk_views *views,                     \
                                   const rtk_call *call, rtk_truth *truth) {   \
        vectors v = of(views);                                                 \
        (void)self, (void)args, (void)call;                                    \
        return compare(&v, name##_expect, truth);                              \
    }

static double dot(const double *x, size_t x_step, const double *y, size_t n) {
    double sum = 0;
    for (size_t l = 0; l < n; l++) sum += x[l * x_step] * y[l];
    return sum;
}

static double sizes(const double *x, size_t n) {
    double sum = 0;
    for (size_t l = 0; l < n; l++) sum += fabs(x[l]);
    return sum;
}

static void all(double *y, size_t n, double value) {
    for (size_t i = 0; i < n; i++) y[i] = value;
}

static double symmetric(const double *a, size_t n, size_t i, const double *x) {
    double sum = 0;
    for (size_t l = 0; l < n; l++)
        sum += (i >= l ? a[i * n + l] : a[l * n + i]) * x[l];
    return sum;
}

RTK_VECTOR(dot, cblas_ddot, dot(a, 1, x, n),
           all(v.y, v.n, rtk_blas_in_use.cblas_ddot(n, v.a, 1, v.x, 1)))
RTK_VECTOR(asum, cblas_dasum, sizes(a, n *n),
           all(v.y, v.n, rtk_blas_in_use.cblas_dasum(n *n, v.a, 1)))
/* The square of a norm is whole: rounding it gives it back. */
RTK_VECTOR(nrm2, cblas_dnrm2, dot(a, 1, a, n),
           all(v.y, v.n,
               nearbyint(pow(rtk_blas_in_use.cblas_dnrm2(n, v.a, 1), 2))))
RTK_VECTOR(axpy, cblas_daxpy, a[i] + 3 * x[i],
           memcpy(v.y, v.a, v.n * sizeof *v.y);
           rtk_blas_in_use.cblas_daxpy(n, 3, v.x, 1, v.y, 1))
RTK_VECTOR(scal, cblas_dscal, 5 * x[i], memcpy(v.y, v.x, v.n * sizeof *v.y);
           rtk_blas_in_use.cblas_dscal(n, 5, v.y, 1))
RTK_VECTOR(gemv_n, cblas_dgemv, dot(a + i * n, 1, x, n),
           rtk_blas_in_use.cblas_dgemv(RTK_ROW_MAJOR, RTK_PLAIN, n, n, 1, v.a,
                                       n, v.x, 1, 0, v.y, 1))
RTK_VECTOR(gemv_t, cblas_dgemv, dot(a + i, n, x, n),
           rtk_blas_in_use.cblas_dgemv(RTK_ROW_MAJOR, RTK_TRANSPOSED, n, n, 1,
                                       v.a, n, v.x, 1, 0, v.y, 1))
RTK_VECTOR(symv, cblas_dsymv, symmetric(a, n, i, x),
           rtk_blas_in_use.cblas_dsymv(RTK_ROW_MAJOR, RTK_LOWER, n, 1, v.a, n,
                                       v.x, 1, 0, v.y, 1))

/* y = x x', which is n x n. */
static rtk_status ger_describe(void *self, const rtk_args *args,
                               rtk_views *views) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self;
    rtk_status s = shape(args, views, RTK_FLOAT64, n);
    if (!s) rtk_library_view(views, Y, "y", RTK_FLOAT64, RTK_OUT, n * n);
    return s;
}

static rtk_status ger_run(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    vectors v = of(views);
    int n = (int)v.n;
    (void)self, (void)instance;
    call->message = "the library has no cblas_dger";
    if (!rtk_blas_in_use.cblas_dger) return RTK_EUNSUPPORTED;
    memset(v.y, 0, v.n * v.n * sizeof *v.y);
    rtk_blas_in_use.cblas_dger(RTK_ROW_MAJOR, n, n, 1, v.x, 1, v.x, 1, v.y, n);
    return RTK_OK;
}

static rtk_status ger_check(void *self, const rtk_args *args,
                            const rtk_views *views, const rtk_call *call,
                            rtk_truth *truth) {
    vectors v = of(views);
    (void)self, (void)args, (void)call;
    truth->error = 0;
    for (size_t i = 0; i < v.n * v.n; i++) {
        double w = v.x[i / v.n] * v.x[i % v.n];
        if (v.y[i] == w) continue;
        truth->error = 1;
        snprintf(truth->text, sizeof truth->text, "y[%zu] is %.17g, not %.17g",
                 i, v.y[i], w);
    }
    return RTK_OK;
}

/* ---- Other types -----------------------------------------------------------
 */

static rtk_status float_describe(void *self, const rtk_args *args,
                                 rtk_views *views) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self;
    return shape(args, views, RTK_FLOAT32, n * n > n ? n * n : n + 1);
}

static rtk_status complex_describe(void *self, const rtk_args *args,
                                   rtk_views *views) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self;
    return shape(args, views, RTK_COMPLEX128, n * n > n ? n * n : n + 1);
}

static rtk_status float_fill(void *self, const rtk_args *args,
                             const rtk_views *views, uint64_t seed) {
    (void)self, (void)args;
    for (size_t v = A; v <= X; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        float *x = view->data;
        for (size_t i = 0; i < view->shape[0]; i++)
            x[i] = (float)rtk_blas_whole(seed + v, i);
    }
    return RTK_OK;
}

static rtk_status complex_fill(void *self, const rtk_args *args,
                               const rtk_views *views, uint64_t seed) {
    (void)self, (void)args;
    for (size_t v = A; v <= X; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        double *x = view->data;
        for (size_t i = 0; i < 2 * view->shape[0]; i++)
            x[i] = rtk_blas_whole(seed + v, i);
    }
    return RTK_OK;
}

static rtk_status sgemm_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    const float *a = rtk_view_at(views, A)->data;
    const float *x = rtk_view_at(views, X)->data;
    float *y = rtk_view_at(views, Y)->data;
    int n = (int)lround(sqrt((double)rtk_view_at(views, A)->shape[0]));
    (void)self, (void)instance;
    call->message = "the library has no cblas_sgemm";
    if (!rtk_blas_in_use.cblas_sgemm) return RTK_EUNSUPPORTED;
    memset(y, 0, rtk_view_bytes(rtk_view_at(views, Y)));
    rtk_blas_in_use.cblas_sgemm(RTK_ROW_MAJOR, RTK_PLAIN, RTK_PLAIN, n, n, n, 1,
                                a, n, x, n, 0, y, n);
    return RTK_OK;
}

static rtk_status zgemm_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    static const double one[2] = {1, 0}, zero[2] = {0, 0};
    const void *a = rtk_view_at(views, A)->data;
    const void *x = rtk_view_at(views, X)->data;
    void *y = rtk_view_at(views, Y)->data;
    int n = (int)lround(sqrt((double)rtk_view_at(views, A)->shape[0]));
    (void)self, (void)instance;
    call->message = "the library has no cblas_zgemm";
    if (!rtk_blas_in_use.cblas_zgemm) return RTK_EUNSUPPORTED;
    memset(y, 0, rtk_view_bytes(rtk_view_at(views, Y)));
    rtk_blas_in_use.cblas_zgemm(RTK_ROW_MAJOR, RTK_PLAIN, RTK_PLAIN, n, n, n,
                                one, a, n, x, n, zero, y, n);
    return RTK_OK;
}

static rtk_status differ(rtk_truth *truth, size_t i) {
    truth->error = 1;
    snprintf(truth->text, sizeof truth->text, "element %zu is wrong", i);
    return RTK_OK;
}

static rtk_status sgemm_check(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    const float *a = rtk_view_at(views, A)->data;
    const float *x = rtk_view_at(views, X)->data;
    const float *y = rtk_view_at(views, Y)->data;
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self, (void)call;
    truth->error = 0;
    for (size_t i = 0; i < n * n; i++) {
        float sum = 0;
        for (size_t l = 0; l < n; l++)
            sum += a[i / n * n + l] * x[l * n + i % n];
        if (y[i] != sum) return differ(truth, i);
    }
    return RTK_OK;
}

static rtk_status zgemm_check(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    const double complex *a = rtk_view_at(views, A)->data;
    const double complex *x = rtk_view_at(views, X)->data;
    const double complex *y = rtk_view_at(views, Y)->data;
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self, (void)call;
    truth->error = 0;
    for (size_t i = 0; i < n * n; i++) {
        double complex sum = 0;
        for (size_t l = 0; l < n; l++)
            sum += a[i / n * n + l] * x[l * n + i % n];
        if (creal(y[i]) != creal(sum) || cimag(y[i]) != cimag(sum))
            return differ(truth, i);
    }
    return RTK_OK;
}

#define RTK_OP(word, shape, filler)                                            \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #word, .claims = &rtk_blas_exact,      \
        .run = word##_run, .check = word##_check, .describe = shape,           \
        .fill = filler                                                         \
    }

const rtk_op *rtk_blas_vectors(size_t *n) {
    static const rtk_op ops[] = {
        RTK_OP(dot, describe, fill),
        RTK_OP(asum, describe, fill),
        RTK_OP(nrm2, describe, fill),
        RTK_OP(axpy, describe, fill),
        RTK_OP(scal, describe, fill),
        RTK_OP(gemv_n, describe, fill),
        RTK_OP(gemv_t, describe, fill),
        RTK_OP(symv, describe, fill),
        RTK_OP(ger, ger_describe, fill),
        RTK_OP(sgemm, float_describe, float_fill),
        RTK_OP(zgemm, complex_describe, complex_fill),
    };
    *n = sizeof ops / sizeof *ops;
    return ops;
}
