/* Sums and multiples of vectors, of n * n elements: long enough for threads. */

#include <math.h>

#include "kernels/libraries/blas/blas.h"

typedef rtk_blas_int num;

enum { DOT, NRM2, ASUM, AXPY, SCAL };
enum { FACTOR = 3 };

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    size_t length = s->n * s->k;
    bool sum =
        form->variant == DOT || form->variant == NRM2 || form->variant == ASUM;
    views->n = 3;
    rtk_describe(views, 0, "x", form->type, RTK_IN, length, 0);
    rtk_describe(views, 1, "y", form->type, RTK_IN, length, 0);
    rtk_describe(views, 2, "result", form->type, RTK_OUT, sum ? 1 : length, 0);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    (void)form;
    rtk_fill(views, 0, seed, s->whole, 0);
    rtk_fill(views, 1, seed, s->whole, 0);
}

static rtk_status run_float(const rtk_blas_op *op, const rtk_blas_shape *s,
                            const rtk_views *views, rtk_call *call) {
    (void)s, (void)call;
    const rtk_view *x = rtk_view_at(views, 0), *y = rtk_view_at(views, 1);
    float (*dot)(num, const float *, num, const float *, num);
    dot = (float (*)(num, const float *, num, const float *, num))op->f[0];
    *(float *)rtk_view_at(views, 2)->data =
        dot((num)x->shape[0], x->data, 1, y->data, 1);
    return RTK_OK;
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    (void)s, (void)call;
    typedef double (*dot)(num, const double *, num, const double *, num);
    typedef double (*sum)(num, const double *, num);
    typedef void (*axpy)(num, double, const double *, num, double *, num);
    typedef void (*scal)(num, double, double *, num);
    const rtk_view *view = rtk_view_at(views, 0);
    const double *x = view->data, *y = rtk_view_at(views, 1)->data;
    double *z = rtk_view_at(views, 2)->data;
    num n = (num)view->shape[0];
    switch (op->form->variant) {
    case DOT: *z = ((dot)op->f[0])(n, x, 1, y, 1); break;
    case NRM2:
    case ASUM: *z = ((sum)op->f[0])(n, x, 1); break;
    case AXPY:
        rtk_copy_view(views, 2, 1);
        ((axpy)op->f[0])(n, FACTOR, x, 1, z, 1);
        break;
    default: rtk_copy_view(views, 2, 0); ((scal)op->f[0])(n, FACTOR, z, 1);
    }
    return RTK_OK;
}

/* One number from all of x, and y. */
static rtk_vector reduce(rtk_lab *lab, int variant, rtk_vector x,
                         rtk_vector y) {
    rtk_vector want = rtk_vector_new(lab, 1);
    if (lab->failed) return want;
    for (size_t i = 0; i < x.n; i++) {
        long double by = variant == DOT    ? y.at[i].re
                         : variant == NRM2 ? x.at[i].re
                         : x.at[i].re < 0  ? -1
                                           : 1;
        want.at[0].re += x.at[i].re * by;
        want.size[0] += fabsl(x.at[i].re * by);
    }
    if (variant != NRM2) return want;
    want.at[0].re = want.size[0] = sqrtl(want.at[0].re);
    return want;
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    rtk_lab lab = {.used = 0};
    int v = form->variant;
    rtk_vector x = rtk_vector_of(&lab, views, 0);
    rtk_vector y = rtk_vector_of(&lab, views, 1);
    rtk_vector got = rtk_vector_of(&lab, views, 2);
    rtk_vector want = v == AXPY   ? rtk_vector_sum(&lab, FACTOR, x, 1, y)
                      : v == SCAL ? rtk_vector_sum(&lab, FACTOR, x, 0, x)
                                  : reduce(&lab, v, x, y);
    bool exact = s->whole && v != NRM2;
    double e = rtk_vector_error(got, want, form->type, x.n, exact);
    return rtk_judge(&lab, truth, e, form->name);
}

#define FORM(op, function, kind, runner, number)                               \
    {                                                                          \
        .name = op, .symbol = {function}, .type = kind, .variant = number,     \
        .describe = describe, .fill = fill, .run = runner, .check = check      \
    }

const rtk_blas_form rtk_blas_level1[] = {
    FORM("ddot", "cblas_ddot", RTK_FLOAT64, run, DOT),
    FORM("dnrm2", "cblas_dnrm2", RTK_FLOAT64, run, NRM2),
    FORM("dasum", "cblas_dasum", RTK_FLOAT64, run, ASUM),
    FORM("daxpy", "cblas_daxpy", RTK_FLOAT64, run, AXPY),
    FORM("dscal", "cblas_dscal", RTK_FLOAT64, run, SCAL),
    FORM("sdot", "cblas_sdot", RTK_FLOAT32, run_float, DOT),
    {.name = NULL}};
