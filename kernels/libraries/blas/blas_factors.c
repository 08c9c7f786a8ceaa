/* LU, Cholesky, QR and what is solved with them. */

#include <math.h>
#include <stdlib.h>

#include "kernels/libraries/blas/blas.h"

typedef rtk_blas_int num;

enum { GETRF, GETRS, GESV, POTRF, POTRS, GEQRF, GELS };
enum { A, B, FACTOR, SOLUTION, PIVOTS };
enum { RIGHT_SIDES = 3 };

/* Length of a text argument, as Fortran compilers pass it. */
#define TEXT ((size_t)1)

static bool cholesky(const rtk_blas_form *form) {
    return form->variant == POTRF || form->variant == POTRS;
}

static bool tall(const rtk_blas_form *form) {
    return form->variant == GETRF || form->variant == GEQRF ||
           form->variant == GELS;
}

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    size_t n = s->n, m = tall(form) && s->m > n ? s->m : n;
    /* What QR applies its factor to is the matrix itself. */
    size_t sides = form->variant == GEQRF ? n : RIGHT_SIDES;
    views->n = 5;
    rtk_describe(views, A, "a", form->type, RTK_IN, n, m);
    rtk_describe(views, B, "b", form->type, RTK_IN, sides, m);
    rtk_describe(views, FACTOR, "factor", form->type, RTK_OUT, n, m);
    rtk_describe(views, SOLUTION, "solution", form->type, RTK_OUT, sides, m);
    rtk_describe(views, PIVOTS, "pivots", RTK_INT32, RTK_OUT, n, 0);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    rtk_fill(views, A, seed, false, cholesky(form) ? (double)s->n : 0);
    if (cholesky(form)) rtk_mirror(views, A);
    rtk_fill(views, B, seed, false, 0);
}

static rtk_status told(num info, rtk_call *call) {
    if (!info) return RTK_OK;
    call->message = "info is not 0";
    return RTK_EFAILED;
}

static rtk_status run_lu(const rtk_blas_op *op, const rtk_views *views,
                         rtk_call *call) {
    typedef void (*getrf)(const num *, const num *, void *, const num *, num *,
                          num *);
    typedef void (*getrs)(const char *, const num *, const num *, const void *,
                          const num *, const num *, void *, const num *, num *,
                          size_t);
    typedef void (*gesv)(const num *, const num *, void *, const num *, num *,
                         void *, const num *, num *);
    const rtk_view *view = rtk_view_at(views, A);
    num m = (num)view->shape[1], n = (num)view->shape[0], sides = RIGHT_SIDES;
    num info = 0, *pivots = rtk_view_at(views, PIVOTS)->data;
    void *a = rtk_copy_view(views, FACTOR, A);
    void *x = rtk_copy_view(views, SOLUTION, B);
    if (op->form->variant == GESV)
        ((gesv)op->f[0])(&n, &sides, a, &m, pivots, x, &m, &info);
    else
        ((getrf)op->f[0])(&m, &n, a, &m, pivots, &info);
    if (op->form->variant == GETRS && !info)
        ((getrs)op->f[1])("T", &n, &sides, a, &m, pivots, x, &m, &info, TEXT);
    return told(info, call);
}

static rtk_status run_cholesky(const rtk_blas_op *op, const rtk_views *views,
                               rtk_call *call) {
    typedef void (*potrf)(const char *, const num *, void *, const num *, num *,
                          size_t);
    typedef void (*potrs)(const char *, const num *, const num *, const void *,
                          const num *, void *, const num *, num *, size_t);
    num n = (num)rtk_view_at(views, A)->shape[0], sides = RIGHT_SIDES, info = 0;
    void *a = rtk_copy_view(views, FACTOR, A);
    void *x = rtk_copy_view(views, SOLUTION, B);
    ((potrf)op->f[0])("L", &n, a, &n, &info, TEXT);
    if (op->form->variant == POTRS && !info)
        ((potrs)op->f[1])("L", &n, &sides, a, &n, x, &n, &info, TEXT);
    return told(info, call);
}

/* Factor a = q r, then q' b with b = a: that is r, with zeros below. */
static void factor_qr(const rtk_blas_op *op, num m, num n, double *a, double *b,
                      double *room, num size, num *info) {
    typedef void (*geqrf)(const num *, const num *, double *, const num *,
                          double *, double *, const num *, num *);
    typedef void (*ormqr)(const char *, const char *, const num *, const num *,
                          const num *, const double *, const num *,
                          const double *, double *, const num *, double *,
                          const num *, num *, size_t, size_t);
    double *tau = room;
    num left = size - n;
    ((geqrf)op->f[0])(&m, &n, a, &m, tau, room + n, &left, info);
    if (!*info)
        ((ormqr)op->f[1])("L", "T", &m, &n, &n, a, &m, tau, b, &m, room + n,
                          &left, info, TEXT, TEXT);
}

static rtk_status run_qr(const rtk_blas_op *op, const rtk_views *views,
                         rtk_call *call) {
    typedef void (*gels)(const char *, const num *, const num *, const num *,
                         double *, const num *, double *, const num *, double *,
                         const num *, num *, size_t);
    const rtk_view *view = rtk_view_at(views, A);
    num m = (num)view->shape[1], n = (num)view->shape[0], sides = RIGHT_SIDES;
    /* Room for blocks of 64 columns, which is more than any library takes. */
    num info = 0, size = (m + n) * 65 + 65 * 64;
    double *a = rtk_copy_view(views, FACTOR, A), *room;
    bool least = op->form->variant == GELS;
    double *b = rtk_copy_view(views, SOLUTION, least ? B : A);
    room = calloc((size_t)size, sizeof *room);
    if (!room) return RTK_ENOMEM;
    if (least)
        ((gels)op->f[0])("N", &m, &n, &sides, a, &m, b, &m, room, &size, &info,
                         TEXT);
    else
        factor_qr(op, m, n, a, b, room, size, &info);
    free(room);
    return told(info, call);
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    (void)s;
    num *pivots = rtk_view_at(views, PIVOTS)->data;
    if (op->form->variant <= GESV) return run_lu(op, views, call);
    for (size_t i = 0; i < rtk_view_at(views, PIVOTS)->shape[0]; i++)
        pivots[i] = 0; /* there are none */
    return cholesky(op->form) ? run_cholesky(op, views, call)
                              : run_qr(op, views, call);
}

/* ---- Truths -------------------------------------------------------------- */

/* The rows that were exchanged back; false: a pivot is out of range. */
static bool unswap(const rtk_views *views, rtk_vector v, size_t n) {
    const num *pivots = rtk_view_at(views, PIVOTS)->data;
    for (size_t i = n; i-- > 0;) {
        if (pivots[i] < (num)i + 1 || (size_t)pivots[i] > v.n) return false;
        rtk_number swap = v.at[i];
        v.at[i] = v.at[pivots[i] - 1];
        v.at[pivots[i] - 1] = swap;
    }
    return true;
}

/* p l u r against a r. */
static double lu_error(rtk_lab *lab, const rtk_blas_form *form,
                       const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A), f = rtk_matrix_of(views, FACTOR);
    rtk_matrix l = rtk_matrix_part(f, RTK_PART_LOWER);
    rtk_matrix u = rtk_matrix_part(f, RTK_PART_UPPER);
    l.unit = true;
    u.rows = a.columns;
    rtk_vector r = rtk_vector_signs(lab, a.columns, a.rows);
    rtk_vector lu = rtk_vector_apply(lab, l, rtk_vector_apply(lab, u, r));
    rtk_vector ar = rtk_vector_apply(lab, a, r);
    if (lab->failed) return 0;
    if (!unswap(views, lu, a.columns)) return INFINITY;
    return rtk_vector_error(ar, lu, form->type, a.rows, false);
}

/* l l' r against a r. */
static double cholesky_error(rtk_lab *lab, const rtk_blas_form *form,
                             const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A);
    rtk_matrix l =
        rtk_matrix_part(rtk_matrix_of(views, FACTOR), RTK_PART_LOWER);
    rtk_vector r = rtk_vector_signs(lab, a.columns, a.rows);
    rtk_vector up = rtk_vector_apply(lab, rtk_matrix_transposed(l), r);
    return rtk_vector_error(rtk_vector_apply(lab, a, r),
                            rtk_vector_apply(lab, l, up), form->type, a.rows,
                            false);
}

/* a x r against b r, or a' x r. */
static double solved_error(rtk_lab *lab, const rtk_blas_form *form,
                           const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A), b = rtk_matrix_of(views, B);
    rtk_matrix x = rtk_matrix_of(views, SOLUTION);
    if (form->variant == GETRS) a = rtk_matrix_transposed(a);
    rtk_vector r = rtk_vector_signs(lab, b.columns, a.rows);
    rtk_vector ax = rtk_vector_apply(lab, a, rtk_vector_apply(lab, x, r));
    return rtk_vector_error(rtk_vector_apply(lab, b, r), ax, form->type, a.rows,
                            false);
}

/* r' r s against a' a s, and q' a s against r s, for signs s. */
static double qr_error(rtk_lab *lab, const rtk_blas_form *form,
                       const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A), q = rtk_matrix_of(views, SOLUTION);
    rtk_matrix r =
        rtk_matrix_part(rtk_matrix_of(views, FACTOR), RTK_PART_UPPER);
    rtk_vector s = rtk_vector_signs(lab, a.columns, a.rows);
    rtk_vector rs = rtk_vector_apply(lab, r, s);
    rtk_vector rr = rtk_vector_apply(lab, rtk_matrix_transposed(r), rs);
    rtk_vector as = rtk_vector_apply(lab, a, s);
    rtk_vector aa = rtk_vector_apply(lab, rtk_matrix_transposed(a), as);
    double e = rtk_vector_error(rr, aa, form->type, a.rows, false);
    double applied = rtk_vector_error(rtk_vector_apply(lab, q, s), rs,
                                      form->type, a.rows, false);
    return rtk_worse(e, applied);
}

/* a' (a x - b) r, which is zero. */
static double least_error(rtk_lab *lab, const rtk_blas_form *form,
                          const rtk_views *views) {
    rtk_matrix a = rtk_matrix_of(views, A), b = rtk_matrix_of(views, B);
    rtk_matrix x = rtk_matrix_of(views, SOLUTION);
    x.rows = a.columns;
    rtk_vector r = rtk_vector_signs(lab, b.columns, a.rows);
    rtk_vector ax = rtk_vector_apply(lab, a, rtk_vector_apply(lab, x, r));
    rtk_vector off =
        rtk_vector_sum(lab, 1, ax, -1, rtk_vector_apply(lab, b, r));
    rtk_vector normal = rtk_vector_apply(lab, rtk_matrix_transposed(a), off);
    rtk_vector zero = rtk_vector_sum(lab, 0, normal, 0, normal);
    return rtk_vector_error(zero, normal, form->type, a.rows, false);
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    rtk_lab lab = {.used = 0};
    double e = 0;
    (void)s;
    if (form->variant <= GESV) e = lu_error(&lab, form, views);
    if (cholesky(form)) e = cholesky_error(&lab, form, views);
    if (form->variant == GEQRF) e = qr_error(&lab, form, views);
    if (form->variant == GELS) e = least_error(&lab, form, views);
    if (form->variant == GETRS || form->variant == GESV ||
        form->variant == POTRS)
        e = rtk_worse(e, solved_error(&lab, form, views));
    return rtk_judge(&lab, truth, e, form->name);
}

#define FORM(op, first, second, kind, number)                                  \
    {                                                                          \
        .name = op, .symbol = {first, second}, .type = kind,                   \
        .variant = number, .describe = describe, .fill = fill, .run = run,     \
        .check = check                                                         \
    }

const rtk_blas_form rtk_blas_factors[] = {
    FORM("dgetrf", "dgetrf_", NULL, RTK_FLOAT64, GETRF),
    FORM("dgetrs", "dgetrf_", "dgetrs_", RTK_FLOAT64, GETRS),
    FORM("dgesv", "dgesv_", NULL, RTK_FLOAT64, GESV),
    FORM("sgesv", "sgesv_", NULL, RTK_FLOAT32, GESV),
    FORM("cgesv", "cgesv_", NULL, RTK_COMPLEX64, GESV),
    FORM("zgesv", "zgesv_", NULL, RTK_COMPLEX128, GESV),
    FORM("dpotrf", "dpotrf_", NULL, RTK_FLOAT64, POTRF),
    FORM("spotrf", "spotrf_", NULL, RTK_FLOAT32, POTRF),
    FORM("dpotrs", "dpotrf_", "dpotrs_", RTK_FLOAT64, POTRS),
    FORM("dgeqrf", "dgeqrf_", "dormqr_", RTK_FLOAT64, GEQRF),
    FORM("dgels", "dgels_", NULL, RTK_FLOAT64, GELS),
    {.name = NULL}};
