/* Matrices: products, rank-k updates, triangular solves. */

#include "kernels/libraries/blas/blas.h"

typedef rtk_blas_int num;

enum { GEMM, TRANS_A = 1, TRANS_B = 2, SYRK = 4, SYMM, TRMM, TRSM };
enum { A, B, C, OUT };
enum { ALPHA = 2, BETA = 3 };

static bool product(const rtk_blas_form *form) {
    return form->variant < SYRK;
}

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    bool ta = product(form) && form->variant & TRANS_A;
    bool tb = product(form) && form->variant & TRANS_B;
    bool general = product(form), update = form->variant == SYRK;
    size_t depth = general || update ? s->k : s->m;
    size_t columns = update ? s->m : s->n;
    views->n = 4;
    rtk_describe(views, A, "a", form->type, RTK_IN, ta ? s->m : depth,
                 ta ? depth : s->m);
    rtk_describe(views, B, "b", form->type, RTK_IN,
                 update ? 1
                 : tb   ? depth
                        : columns,
                 update ? 1
                 : tb   ? columns
                        : depth);
    rtk_describe(views, C, "c", form->type, RTK_IN, columns, s->m);
    rtk_describe(views, OUT, "result", form->type, RTK_OUT, columns, s->m);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    double diagonal = form->variant == TRSM ? (double)s->m : 0;
    rtk_fill(views, A, seed, s->whole, diagonal);
    rtk_fill(views, B, seed, s->whole, 0);
    rtk_fill(views, C, seed, s->whole, 0);
}

static int trans(const rtk_blas_form *form, int bit) {
    return form->variant & bit ? RTK_TRANS : RTK_NO_TRANS;
}

static void multiply(const rtk_blas_op *op, const rtk_blas_shape *s,
                     const rtk_views *views) {
    typedef void (*dgemm)(int, int, int, num, num, num, double, const double *,
                          num, const double *, num, double, double *, num);
    typedef void (*sgemm)(int, int, int, num, num, num, float, const float *,
                          num, const float *, num, float, float *, num);
    typedef void (*cgemm)(int, int, int, num, num, num, const void *,
                          const void *, num, const void *, num, const void *,
                          void *, num);
    static const double alpha[] = {ALPHA, 0}, beta[] = {BETA, 0};
    static const float narrow_alpha[] = {ALPHA, 0}, narrow_beta[] = {BETA, 0};
    const rtk_blas_form *form = op->form;
    const rtk_view *av = rtk_view_at(views, A), *bv = rtk_view_at(views, B);
    num m = (num)s->m, n = (num)s->n, k = (num)s->k;
    num lda = (num)av->shape[1], ldb = (num)bv->shape[1];
    int ta = trans(form, TRANS_A), tb = trans(form, TRANS_B);
    void *c = rtk_copy_view(views, OUT, C);
    if (form->type == RTK_FLOAT32)
        ((sgemm)op->f[0])(RTK_COLUMNS, ta, tb, m, n, k, ALPHA, av->data, lda,
                          bv->data, ldb, BETA, c, m);
    else if (form->type == RTK_COMPLEX64)
        ((cgemm)op->f[0])(RTK_COLUMNS, ta, tb, m, n, k, narrow_alpha, av->data,
                          lda, bv->data, ldb, narrow_beta, c, m);
    else if (form->type == RTK_COMPLEX128)
        ((cgemm)op->f[0])(RTK_COLUMNS, ta, tb, m, n, k, alpha, av->data, lda,
                          bv->data, ldb, beta, c, m);
    else
        ((dgemm)op->f[0])(RTK_COLUMNS, ta, tb, m, n, k, ALPHA, av->data, lda,
                          bv->data, ldb, BETA, c, m);
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    (void)call;
    typedef void (*syrk)(int, int, int, num, num, double, const double *, num,
                         double, double *, num);
    typedef void (*symm)(int, int, int, num, num, double, const double *, num,
                         const double *, num, double, double *, num);
    typedef void (*trxm)(int, int, int, int, int, num, num, double,
                         const double *, num, double *, num);
    const double *a = rtk_view_at(views, A)->data;
    const double *b = rtk_view_at(views, B)->data;
    num m = (num)s->m, n = (num)s->n, k = (num)s->k;
    switch (op->form->variant) {
    case SYRK:
        ((syrk)op->f[0])(RTK_COLUMNS, RTK_LOWER, RTK_NO_TRANS, m, k, ALPHA, a,
                         m, BETA, rtk_copy_view(views, OUT, C), m);
        break;
    case SYMM:
        ((symm)op->f[0])(RTK_COLUMNS, RTK_LEFT, RTK_LOWER, m, n, ALPHA, a, m, b,
                         m, BETA, rtk_copy_view(views, OUT, C), m);
        break;
    case TRMM:
    case TRSM:
        ((trxm)op->f[0])(RTK_COLUMNS, RTK_LEFT, RTK_LOWER, RTK_NO_TRANS,
                         RTK_NON_UNIT, m, n, ALPHA, a, m,
                         rtk_copy_view(views, OUT, B), m);
        break;
    default: multiply(op, s, views);
    }
    return RTK_OK;
}

/* alpha op(a) (op(b) r) + beta c r, for a and b as the operation reads them. */
static rtk_vector expected(rtk_lab *lab, const rtk_blas_form *form,
                           const rtk_views *views, rtk_vector r) {
    rtk_matrix a = rtk_matrix_of(views, A), b = rtk_matrix_of(views, B);
    rtk_matrix c = rtk_matrix_of(views, C);
    if (product(form) && form->variant & TRANS_A) a = rtk_matrix_transposed(a);
    if (product(form) && form->variant & TRANS_B) b = rtk_matrix_transposed(b);
    if (form->variant == SYRK) {
        b = rtk_matrix_transposed(a);
        c = rtk_matrix_part(c, RTK_SYMMETRIC);
    }
    if (form->variant == SYMM) a = rtk_matrix_part(a, RTK_SYMMETRIC);
    if (form->variant == TRMM) a = rtk_matrix_part(a, RTK_PART_LOWER);
    rtk_vector ab = rtk_vector_apply(lab, a, rtk_vector_apply(lab, b, r));
    return rtk_vector_sum(lab, ALPHA, ab, form->variant == TRMM ? 0 : BETA,
                          rtk_vector_apply(lab, c, r));
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    rtk_lab lab = {.used = 0};
    rtk_matrix a = rtk_matrix_of(views, A), out = rtk_matrix_of(views, OUT);
    rtk_vector r = rtk_vector_signs(&lab, out.columns, s->m + s->k);
    double e;
    if (form->variant == TRSM) {
        /* a (result r) = alpha b r */
        rtk_vector x = rtk_vector_apply(&lab, out, r);
        rtk_vector ax =
            rtk_vector_apply(&lab, rtk_matrix_part(a, RTK_PART_LOWER), x);
        rtk_vector br = rtk_vector_apply(&lab, rtk_matrix_of(views, B), r);
        rtk_vector want = rtk_vector_sum(&lab, ALPHA, br, 0, br);
        e = rtk_vector_error(want, ax, form->type, a.columns, false);
    } else {
        if (form->variant == SYRK) out = rtk_matrix_part(out, RTK_SYMMETRIC);
        e = rtk_vector_error(rtk_vector_apply(&lab, out, r),
                             expected(&lab, form, views, r), form->type,
                             s->k + s->m, s->whole);
    }
    return rtk_judge(&lab, truth, e, form->name);
}

#define FORM(op, function, kind, number)                                       \
    {                                                                          \
        .name = op, .symbol = {function}, .type = kind, .variant = number,     \
        .describe = describe, .fill = fill, .run = run, .check = check         \
    }

const rtk_blas_form rtk_blas_level3[] = {
    FORM("dgemm_nn", "cblas_dgemm", RTK_FLOAT64, GEMM),
    FORM("dgemm_tn", "cblas_dgemm", RTK_FLOAT64, TRANS_A),
    FORM("dgemm_nt", "cblas_dgemm", RTK_FLOAT64, TRANS_B),
    FORM("dgemm_tt", "cblas_dgemm", RTK_FLOAT64, TRANS_A | TRANS_B),
    FORM("sgemm_nn", "cblas_sgemm", RTK_FLOAT32, GEMM),
    FORM("sgemm_tt", "cblas_sgemm", RTK_FLOAT32, TRANS_A | TRANS_B),
    FORM("cgemm_nn", "cblas_cgemm", RTK_COMPLEX64, GEMM),
    FORM("cgemm_nt", "cblas_cgemm", RTK_COMPLEX64, TRANS_B),
    FORM("zgemm_nn", "cblas_zgemm", RTK_COMPLEX128, GEMM),
    FORM("zgemm_tn", "cblas_zgemm", RTK_COMPLEX128, TRANS_A),
    FORM("dsyrk", "cblas_dsyrk", RTK_FLOAT64, SYRK),
    FORM("dsymm", "cblas_dsymm", RTK_FLOAT64, SYMM),
    FORM("dtrmm", "cblas_dtrmm", RTK_FLOAT64, TRMM),
    FORM("dtrsm", "cblas_dtrsm", RTK_FLOAT64, TRSM),
    {.name = NULL}};
