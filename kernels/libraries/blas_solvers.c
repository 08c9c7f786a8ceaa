/* LAPACK: LU, Cholesky, QR, eigenvalues, singular values; judged by residuals
 * and invariants in long double. Matrices are column by column. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/libraries/blas_symbols.h"

enum { A, WORK, OUT, PIVOTS, VIEWS, ROOM = 8 };

static size_t order(const rtk_args *args) {
    return (size_t)args->value[RTK_BLAS_N];
}

/* a is given; work has room for copies, out for the result. */
static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    size_t n = order(args);
    (void)self;
    if (views->n < VIEWS) return RTK_EINVAL;
    rtk_library_view(views, A, "a", RTK_FLOAT64, RTK_IN, n * n);
    rtk_library_view(views, WORK, "work", RTK_FLOAT64, RTK_INOUT,
                     ROOM * n * n + 64 * n + 64);
    rtk_library_view(views, OUT, "out", RTK_FLOAT64, RTK_OUT, n * n);
    rtk_library_view(views, PIVOTS, "pivots", RTK_INT32, RTK_INOUT, 8 * n);
    rtk_view_at(views, WORK)->share = RTK_SHARE_NEVER;
    rtk_view_at(views, PIVOTS)->share = RTK_SHARE_NEVER;
    views->n = VIEWS;
    return RTK_OK;
}

/* Symmetric with a heavy diagonal: positive definite, and well conditioned. */
static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    size_t n = order(args);
    double *a = rtk_view_at(views, A)->data;
    (void)self;
    memset(rtk_view_at(views, WORK)->data, 0,
           rtk_view_bytes(rtk_view_at(views, WORK)));
    memset(rtk_view_at(views, PIVOTS)->data, 0,
           rtk_view_bytes(rtk_view_at(views, PIVOTS)));
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            a[i + j * n] = a[j + i * n] =
                rtk_blas_whole(seed, i * n + j) + (i == j ? 8 * (double)n : 0);
    return RTK_OK;
}

/* What an operation works on. */
typedef struct problem {
    int n, info, room;
    const double *a;
    double *copy, *work, *out;
    int *pivots;
} problem;

/* A copy of a at the start of the work space, the rest of which is free. */
static problem of(const rtk_views *v) {
    problem p = {.a = rtk_view_at(v, A)->data,
                 .copy = rtk_view_at(v, WORK)->data,
                 .out = rtk_view_at(v, OUT)->data,
                 .pivots = rtk_view_at(v, PIVOTS)->data};
    p.n = (int)lround(sqrt((double)rtk_view_at(v, A)->shape[0]));
    size_t n = (size_t)p.n;
    memcpy(p.copy, p.a, n * n * sizeof *p.a);
    p.work = p.copy + n * n;
    p.room = (int)(rtk_view_at(v, WORK)->shape[0] - n * n);
    return p;
}

static rtk_status ended(const problem *p, rtk_call *call, const char *symbol) {
    call->message = symbol;
    return p->info ? RTK_EFAILED : RTK_OK;
}

/* ---- LU: the inverse, by solving for the unit matrix -----------------------
 */

static rtk_status gesv_run(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    (void)self, (void)instance;
    call->message = "the library has no dgesv_";
    if (!rtk_blas_in_use.dgesv_) return RTK_EUNSUPPORTED;
    problem p = of(views);
    size_t n = (size_t)p.n;
    memset(p.out, 0, n * n * sizeof *p.out);
    for (size_t i = 0; i < n; i++) p.out[i * n + i] = 1;
    rtk_blas_in_use.dgesv_(&p.n, &p.n, p.copy, &p.n, p.pivots, p.out, &p.n,
                           &p.info);
    return ended(&p, call, "dgesv_ says that a regular matrix is singular");
}

static void say(rtk_truth *truth, const char *what, double error) {
    truth->error = error;
    snprintf(truth->text, sizeof truth->text, "%s is off by %.2g", what, error);
}

static rtk_status gesv_check(void *self, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *truth) {
    const double *a = rtk_view_at(views, A)->data;
    const double *x = rtk_view_at(views, OUT)->data;
    size_t n = order(args);
    double worst = 0;
    (void)self, (void)call;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) {
            long double sum = i == j ? -1 : 0;
            for (size_t l = 0; l < n; l++)
                sum += (long double)a[i + l * n] * x[l + j * n];
            double e = fabs((double)sum);
            if (!(e <= worst)) worst = e;
        }
    say(truth, "a x - 1", worst);
    return RTK_OK;
}

/* ---- Cholesky
 * ---------------------------------------------------------------- */

static rtk_status potrf_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self, (void)instance;
    call->message = "the library has no dpotrf_";
    if (!rtk_blas_in_use.dpotrf_) return RTK_EUNSUPPORTED;
    problem p = of(views);
    size_t n = (size_t)p.n;
    rtk_blas_in_use.dpotrf_("L", &p.n, p.copy, &p.n, &p.info, 1);
    memcpy(p.out, p.copy, n * n * sizeof *p.out);
    return ended(&p, call, "dpotrf_ says that a matrix is not positive");
}

static rtk_status potrf_check(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    const double *a = rtk_view_at(views, A)->data;
    const double *c = rtk_view_at(views, OUT)->data;
    size_t n = order(args);
    double worst = 0;
    (void)self, (void)call;
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            long double sum = -(long double)a[i + j * n];
            for (size_t l = 0; l <= j; l++)
                sum += (long double)c[i + l * n] * c[j + l * n];
            double e = fabs((double)sum) / (8 * (double)n);
            if (!(e <= worst)) worst = e;
        }
    say(truth, "l l' - a", worst);
    return RTK_OK;
}

/* ---- QR: r' r = a' a
 * ----------------------------------------------------------- */

static rtk_status geqrf_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self, (void)instance;
    call->message = "the library has no dgeqrf_";
    if (!rtk_blas_in_use.dgeqrf_) return RTK_EUNSUPPORTED;
    problem p = of(views);
    size_t n = (size_t)p.n;
    int room = p.room - p.n;
    rtk_blas_in_use.dgeqrf_(&p.n, &p.n, p.copy, &p.n, p.work, p.work + n, &room,
                            &p.info);
    memcpy(p.out, p.copy, n * n * sizeof *p.out);
    return ended(&p, call, "dgeqrf_ failed");
}

static rtk_status geqrf_check(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    const double *a = rtk_view_at(views, A)->data;
    const double *r = rtk_view_at(views, OUT)->data;
    size_t n = order(args);
    double worst = 0;
    (void)self, (void)call;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i <= j; i++) {
            long double sum = 0;
            for (size_t l = 0; l < n; l++)
                sum -= (long double)a[l + i * n] * a[l + j * n];
            for (size_t l = 0; l <= i; l++)
                sum += (long double)r[l + i * n] * r[l + j * n];
            double e = fabs((double)sum) / (64 * (double)n * (double)n);
            if (!(e <= worst)) worst = e;
        }
    say(truth, "r' r - a' a", worst);
    return RTK_OK;
}

/* ---- Eigenvalues and singular values: trace and sum of squares
 * --------------- */

static rtk_status syev_run(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    (void)self, (void)instance;
    call->message = "the library has no dsyev_";
    if (!rtk_blas_in_use.dsyev_) return RTK_EUNSUPPORTED;
    problem p = of(views);
    memset(p.out, 0, rtk_view_bytes(rtk_view_at(views, OUT)));
    rtk_blas_in_use.dsyev_("V", "L", &p.n, p.copy, &p.n, p.out, p.work, &p.room,
                           &p.info, 1, 1);
    return ended(&p, call, "dsyev_ did not converge");
}

static rtk_status gesdd_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self, (void)instance;
    call->message = "the library has no dgesdd_";
    if (!rtk_blas_in_use.dgesdd_) return RTK_EUNSUPPORTED;
    problem p = of(views);
    int one = 1;
    double unused;
    memset(p.out, 0, rtk_view_bytes(rtk_view_at(views, OUT)));
    rtk_blas_in_use.dgesdd_("N", &p.n, &p.n, p.copy, &p.n, p.out, &unused, &one,
                            &unused, &one, p.work, &p.room, p.pivots, &p.info,
                            1);
    return ended(&p, call, "dgesdd_ did not converge");
}

/* A symmetric positive matrix has the same values both ways: their sum is its
 * trace, the sum of their squares that of its elements. */
static rtk_status values_check(void *self, const rtk_args *args,
                               const rtk_views *views, const rtk_call *call,
                               rtk_truth *truth) {
    const double *a = rtk_view_at(views, A)->data;
    const double *w = rtk_view_at(views, OUT)->data;
    size_t n = order(args);
    long double trace = 0, squares = 0, sum = 0, sum2 = 0;
    (void)self, (void)call;
    for (size_t i = 0; i < n; i++) {
        trace += a[i * n + i];
        sum += w[i];
        sum2 += (long double)w[i] * w[i];
    }
    for (size_t i = 0; i < n * n; i++) squares += (long double)a[i] * a[i];
    double e1 = (double)(fabsl(sum - trace) / trace);
    double e2 = (double)(fabsl(sum2 - squares) / squares);
    say(truth, "the trace or the sum of squares", e1 > e2 ? e1 : e2);
    if (isnan(e1) || isnan(e2)) truth->error = NAN;
    return RTK_OK;
}

#define RTK_OP(word, judge)                                                    \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #word, .claims = &rtk_blas_close,      \
        .run = word##_run, .check = judge, .describe = describe, .fill = fill  \
    }

const rtk_op *rtk_blas_solvers(size_t *n) {
    static const rtk_op ops[] = {
        RTK_OP(gesv, gesv_check),    RTK_OP(potrf, potrf_check),
        RTK_OP(geqrf, geqrf_check),  RTK_OP(syev, values_check),
        RTK_OP(gesdd, values_check),
    };
    *n = sizeof ops / sizeof *ops;
    return ops;
}
