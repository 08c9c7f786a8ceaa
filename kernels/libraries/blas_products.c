/* Level 3: n x n matrices of small whole numbers, row by row, so that every sum
 * is exact in any order; and tall and skinny ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/libraries/blas_symbols.h"

enum { A, B, C, VIEWS, TALL = 16, SKINNY = 4 };

/* The shape of one product, and its parts. */
typedef struct product {
    size_t n, m, k; /* c is m x n, over k */
    const double *a, *b;
    double *c;
} product;

static product square(const rtk_views *v) {
    product p = {.a = rtk_view_at(v, A)->data,
                 .b = rtk_view_at(v, B)->data,
                 .c = rtk_view_at(v, C)->data};
    p.n = (size_t)llround(sqrt((double)rtk_view_at(v, C)->shape[0]));
    p.m = p.k = p.n;
    return p;
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self;
    if (views->n < VIEWS) return RTK_EINVAL;
    rtk_library_view(views, A, "a", RTK_FLOAT64, RTK_IN, n * n);
    rtk_library_view(views, B, "b", RTK_FLOAT64, RTK_IN, n * n);
    rtk_library_view(views, C, "c", RTK_FLOAT64, RTK_OUT, n * n);
    views->n = VIEWS;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    for (size_t v = A; v <= B; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        double *x = view->data;
        for (size_t i = 0; i < view->shape[0]; i++)
            x[i] = rtk_blas_whole(seed + v, i);
    }
    return RTK_OK;
}

/* What an element must be. */
typedef double (*expected)(const product *p, size_t i, size_t j);

static rtk_status compare(const product *p, expected want, rtk_truth *truth) {
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < p->n; j++) {
            double w = want(p, i, j), got = p->c[i * p->n + j];
            if (got == w) continue;
            truth->error = fabs(got - w) / (fabs(w) + 1);
            snprintf(truth->text, sizeof truth->text,
                     "c[%zu][%zu] is %.17g, not %.17g", i, j, got, w);
            return RTK_OK;
        }
    truth->error = 0;
    return RTK_OK;
}

/* An element of the first factor; of one given by its lower triangle. */
static double at(const double *x, size_t n, size_t i, size_t j) {
    return x[i * n + j];
}

static double lower(const double *x, size_t n, size_t i, size_t j) {
    return i >= j ? at(x, n, i, j) : at(x, n, j, i);
}

/* RTK_PRODUCT(name, symbol, how element (l) of the sum is made, the call). */
#define RTK_PRODUCT(name, symbol, term, ...)                                   \
    static double name##_expect(const product *p, size_t i, size_t j) {        \
        double sum = 0;                                                        \
        size_t n = p->n;                                                       \
        const double *a = p->a, *b = p->b;                                     \
        for (size_t l = 0; l < p->k; l++) sum += (term);                       \
        (void)a, (void)b, (void)n;                                             \
        return sum;                                                            \
    }                                                                          \
    static rtk_status name##_run(void *self, void *instance,                   \
                                 const rtk_views *views, rtk_call *call) {     \
        product p = square(views);                                             \
        int n = (int)p.n;                                                      \
        (void)self, (void)instance, (void)call;                                \
        call->message = "the library has no " #symbol;                         \
        if (!rtk_blas_in_use.symbol) return RTK_EUNSUPPORTED;                  \
        __VA_ARGS__;                                                           \
        return RTK_OK;                                                         \
    }                                                                          \
    static rtk_status name##_check(void *self, const rtk_args *args,           \
                                   const rtk_views *views,                     \
                                   const rtk_call *call, rtk_truth *truth) {   \
        product p = square(views);                                             \
        (void)self, (void)args, (void)call;                                    \
        return compare(&p, name##_expect, truth);                              \
    }

#define RTK_GEMM(ta, tb)                                                       \
    rtk_blas_in_use.cblas_dgemm(RTK_ROW_MAJOR, ta, tb, n, n, n, 1, p.a, n,     \
                                p.b, n, 0, p.c, n)

RTK_PRODUCT(gemm_nn, cblas_dgemm, at(a, n, i, l) * at(b, n, l, j),
            RTK_GEMM(RTK_PLAIN, RTK_PLAIN))
RTK_PRODUCT(gemm_nt, cblas_dgemm, at(a, n, i, l) * at(b, n, j, l),
            RTK_GEMM(RTK_PLAIN, RTK_TRANSPOSED))
RTK_PRODUCT(gemm_tn, cblas_dgemm, at(a, n, l, i) * at(b, n, l, j),
            RTK_GEMM(RTK_TRANSPOSED, RTK_PLAIN))
RTK_PRODUCT(gemm_tt, cblas_dgemm, at(a, n, l, i) * at(b, n, j, l),
            RTK_GEMM(RTK_TRANSPOSED, RTK_TRANSPOSED))
/* The other triangle stays zero: the sum is over l == 0 .. there. */
RTK_PRODUCT(syrk, cblas_dsyrk, i >= j ? at(a, n, i, l) * at(a, n, j, l) : 0,
            memset(p.c, 0, p.n *p.n * sizeof *p.c);
            rtk_blas_in_use.cblas_dsyrk(RTK_ROW_MAJOR, RTK_LOWER, RTK_PLAIN, n,
                                        n, 1, p.a, n, 0, p.c, n))
RTK_PRODUCT(symm, cblas_dsymm, lower(a, n, i, l) * at(b, n, l, j),
            rtk_blas_in_use.cblas_dsymm(RTK_ROW_MAJOR, RTK_LEFT, RTK_LOWER, n,
                                        n, 1, p.a, n, p.b, n, 0, p.c, n))
RTK_PRODUCT(trmm, cblas_dtrmm,
            (l == i  ? 1
             : l < i ? at(a, n, i, l)
                     : 0) *
                at(b, n, l, j),
            memcpy(p.c, p.b, p.n *p.n * sizeof *p.c);
            rtk_blas_in_use.cblas_dtrmm(RTK_ROW_MAJOR, RTK_LEFT, RTK_LOWER,
                                        RTK_PLAIN, RTK_UNIT, n, n, 1, p.a, n,
                                        p.c, n))

/* a c = b with the unit lower triangle of a: multiplied out again, b must come
 * back; the numbers grow, so it is a residual. */
static rtk_status trsm_run(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    product p = square(views);
    int n = (int)p.n;
    (void)self, (void)instance;
    call->message = "the library has no cblas_dtrsm";
    if (!rtk_blas_in_use.cblas_dtrsm) return RTK_EUNSUPPORTED;
    memcpy(p.c, p.b, p.n * p.n * sizeof *p.c);
    rtk_blas_in_use.cblas_dtrsm(RTK_ROW_MAJOR, RTK_LEFT, RTK_LOWER, RTK_PLAIN,
                                RTK_UNIT, n, n, 1, p.a, n, p.c, n);
    return RTK_OK;
}

static rtk_status trsm_check(void *self, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *truth) {
    product p = square(views);
    (void)self, (void)args, (void)call;
    truth->error = 0;
    for (size_t i = 0; i < p.n; i++)
        for (size_t j = 0; j < p.n; j++) {
            long double sum = p.c[i * p.n + j], size = fabsl(sum) + 1;
            for (size_t l = 0; l < i; l++) {
                long double t =
                    (long double)p.a[i * p.n + l] * p.c[l * p.n + j];
                sum += t;
                size += fabsl(t);
            }
            double e = (double)(fabsl(sum - p.b[i * p.n + j]) / size);
            if (!(e <= truth->error)) truth->error = e;
        }
    snprintf(truth->text, sizeof truth->text, "a c - b is %.2g of |a| |c|",
             truth->error);
    return RTK_OK;
}

/* ---- Tall and skinny -------------------------------------------------------
 */

static rtk_status tall_describe(void *self, const rtk_args *args,
                                rtk_views *views) {
    size_t n = (size_t)args->value[RTK_BLAS_N];
    (void)self;
    if (views->n < VIEWS) return RTK_EINVAL;
    rtk_library_view(views, A, "a", RTK_FLOAT64, RTK_IN, TALL * n * n);
    rtk_library_view(views, B, "b", RTK_FLOAT64, RTK_IN, n * SKINNY);
    rtk_library_view(views, C, "c", RTK_FLOAT64, RTK_OUT, TALL * n * SKINNY);
    views->n = VIEWS;
    return RTK_OK;
}

static product tall(const rtk_views *v) {
    product p = {.a = rtk_view_at(v, A)->data,
                 .b = rtk_view_at(v, B)->data,
                 .c = rtk_view_at(v, C)->data,
                 .n = SKINNY,
                 .k = rtk_view_at(v, B)->shape[0] / SKINNY};
    p.m = TALL * p.k;
    return p;
}

static double tall_expect(const product *p, size_t i, size_t j) {
    double sum = 0;
    for (size_t l = 0; l < p->k; l++)
        sum += p->a[i * p->k + l] * p->b[l * p->n + j];
    return sum;
}

static rtk_status tall_run(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    product p = tall(views);
    (void)self, (void)instance, (void)call;
    rtk_blas_in_use.cblas_dgemm(RTK_ROW_MAJOR, RTK_PLAIN, RTK_PLAIN, (int)p.m,
                                (int)p.n, (int)p.k, 1, p.a, (int)p.k, p.b,
                                (int)p.n, 0, p.c, (int)p.n);
    return RTK_OK;
}

static rtk_status tall_check(void *self, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *truth) {
    product p = tall(views);
    (void)self, (void)args, (void)call;
    return compare(&p, tall_expect, truth);
}

#define RTK_OP(word, how, shape)                                               \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #word, .claims = &how,                 \
        .run = word##_run, .check = word##_check, .describe = shape,           \
        .fill = fill                                                           \
    }

const rtk_op *rtk_blas_products(size_t *n) {
    static const rtk_op ops[] = {
        RTK_OP(gemm_nn, rtk_blas_exact, describe),
        RTK_OP(gemm_nt, rtk_blas_exact, describe),
        RTK_OP(gemm_tn, rtk_blas_exact, describe),
        RTK_OP(gemm_tt, rtk_blas_exact, describe),
        RTK_OP(syrk, rtk_blas_exact, describe),
        RTK_OP(symm, rtk_blas_exact, describe),
        RTK_OP(trmm, rtk_blas_exact, describe),
        RTK_OP(trsm, rtk_blas_close, describe),
        RTK_OP(tall, rtk_blas_exact, tall_describe),
    };
    *n = sizeof ops / sizeof *ops;
    return ops;
}
