/* A matrix and a vector. */

#include "kernels/libraries/blas/blas.h"

typedef rtk_blas_int num;

enum { GEMV, GEMV_T, SYMV, TRSV, GER };
enum { A, X, Y, OUT };
enum { ALPHA = 2, BETA = 3 };

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    bool square = form->variant == SYMV || form->variant == TRSV;
    size_t height = square ? s->n : s->m, width = s->n; /* by columns */
    bool t = form->variant == GEMV_T || form->variant == GER;
    size_t x = t ? height : width, y = t ? width : height;
    bool matrix = form->variant == GER;
    views->n = 4;
    rtk_describe(views, A, "a", form->type, RTK_IN, width, height);
    rtk_describe(views, X, "x", form->type, RTK_IN, x, 0);
    rtk_describe(views, Y, "y", form->type, RTK_IN, y, 0);
    rtk_describe(views, OUT, "result", form->type, RTK_OUT, matrix ? width : y,
                 matrix ? height : 0);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    double diagonal = form->variant == TRSV ? (double)s->n : 0;
    rtk_fill(views, A, seed, s->whole, diagonal);
    rtk_fill(views, X, seed, s->whole, 0);
    rtk_fill(views, Y, seed, s->whole, 0);
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    (void)s, (void)call;
    typedef void (*gemv)(int, int, num, num, double, const double *, num,
                         const double *, num, double, double *, num);
    typedef void (*symv)(int, int, num, double, const double *, num,
                         const double *, num, double, double *, num);
    typedef void (*trsv)(int, int, int, int, num, const double *, num, double *,
                         num);
    typedef void (*ger)(int, num, num, double, const double *, num,
                        const double *, num, double *, num);
    const rtk_view *view = rtk_view_at(views, A);
    const double *a = view->data, *x = rtk_view_at(views, X)->data;
    const double *y = rtk_view_at(views, Y)->data;
    num m = (num)view->shape[1], n = (num)view->shape[0];
    switch (op->form->variant) {
    case GEMV:
    case GEMV_T:
        ((gemv)op->f[0])(
            RTK_COLUMNS, op->form->variant == GEMV ? RTK_NO_TRANS : RTK_TRANS,
            m, n, ALPHA, a, m, x, 1, BETA, rtk_copy_view(views, OUT, Y), 1);
        break;
    case SYMV:
        ((symv)op->f[0])(RTK_COLUMNS, RTK_LOWER, n, ALPHA, a, m, x, 1, BETA,
                         rtk_copy_view(views, OUT, Y), 1);
        break;
    case TRSV:
        ((trsv)op->f[0])(RTK_COLUMNS, RTK_LOWER, RTK_NO_TRANS, RTK_NON_UNIT, n,
                         a, m, rtk_copy_view(views, OUT, X), 1);
        break;
    default:
        ((ger)op->f[0])(RTK_COLUMNS, m, n, ALPHA, x, 1, y, 1,
                        rtk_copy_view(views, OUT, A), m);
    }
    return RTK_OK;
}

static rtk_status run_complex(const rtk_blas_op *op, const rtk_blas_shape *s,
                              const rtk_views *views, rtk_call *call) {
    (void)s, (void)call;
    typedef void (*gemv)(int, int, num, num, const double *, const double *,
                         num, const double *, num, const double *, double *,
                         num);
    static const double alpha[] = {ALPHA, 0}, beta[] = {BETA, 0};
    const rtk_view *a = rtk_view_at(views, A);
    num m = (num)a->shape[1], n = (num)a->shape[0];
    ((gemv)op->f[0])(RTK_COLUMNS,
                     op->form->variant == GEMV ? RTK_NO_TRANS : RTK_TRANS, m, n,
                     alpha, a->data, m, rtk_view_at(views, X)->data, 1, beta,
                     rtk_copy_view(views, OUT, Y), 1);
    return RTK_OK;
}

/* a r + alpha x (y r) for the outer product; all else is a vector. */
static double outer_error(rtk_lab *lab, const rtk_blas_form *form,
                          const rtk_blas_shape *s, const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A), y = rtk_matrix_of(views, Y);
    rtk_matrix row = y;
    row.rows = 1, row.columns = a.columns, row.stride = 1;
    rtk_vector r = rtk_vector_signs(lab, a.columns, a.rows);
    rtk_vector x = rtk_vector_of(lab, views, X);
    rtk_vector by = rtk_vector_apply(lab, row, r);
    rtk_vector ar = rtk_vector_apply(lab, a, r);
    if (lab->failed) return 0;
    for (size_t i = 0; i < x.n; i++) {
        rtk_number v = x.at[i];
        x.at[i].re = v.re * by.at[0].re;
        x.size[i] *= by.size[0];
    }
    rtk_vector want = rtk_vector_sum(lab, 1, ar, ALPHA, x);
    rtk_vector got = rtk_vector_apply(lab, rtk_matrix_of(views, OUT), r);
    return rtk_vector_error(got, want, form->type, a.columns, s->whole);
}

static double vector_error(rtk_lab *lab, const rtk_blas_form *form,
                           const rtk_blas_shape *s, const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A);
    rtk_vector x = rtk_vector_of(lab, views, X);
    rtk_vector out = rtk_vector_of(lab, views, OUT);
    if (form->variant == TRSV) {
        a = rtk_matrix_part(a, RTK_PART_LOWER);
        rtk_vector ax = rtk_vector_apply(lab, a, out);
        return rtk_vector_error(x, ax, form->type, a.columns, false);
    }
    if (form->variant == GEMV_T) a = rtk_matrix_transposed(a);
    if (form->variant == SYMV) a = rtk_matrix_part(a, RTK_SYMMETRIC);
    rtk_vector ax = rtk_vector_apply(lab, a, x);
    rtk_vector want =
        rtk_vector_sum(lab, ALPHA, ax, BETA, rtk_vector_of(lab, views, Y));
    return rtk_vector_error(out, want, form->type, a.columns, s->whole);
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    rtk_lab lab = {.used = 0};
    double e = form->variant == GER ? outer_error(&lab, form, s, views)
                                    : vector_error(&lab, form, s, views);
    return rtk_judge(&lab, truth, e, form->name);
}

#define FORM(op, function, kind, runner, number)                               \
    {                                                                          \
        .name = op, .symbol = {function}, .type = kind, .variant = number,     \
        .describe = describe, .fill = fill, .run = runner, .check = check      \
    }

const rtk_blas_form rtk_blas_level2[] = {
    FORM("dgemv_n", "cblas_dgemv", RTK_FLOAT64, run, GEMV),
    FORM("dgemv_t", "cblas_dgemv", RTK_FLOAT64, run, GEMV_T),
    FORM("dsymv", "cblas_dsymv", RTK_FLOAT64, run, SYMV),
    FORM("dtrsv", "cblas_dtrsv", RTK_FLOAT64, run, TRSV),
    FORM("dger", "cblas_dger", RTK_FLOAT64, run, GER),
    FORM("zgemv_n", "cblas_zgemv", RTK_COMPLEX128, run_complex, GEMV),
    FORM("zgemv_t", "cblas_zgemv", RTK_COMPLEX128, run_complex, GEMV_T),
    {.name = NULL}};
