/* Eigenvalues of symmetric matrices, and singular values. */

#include <math.h>
#include <stdlib.h>

#include "kernels/libraries/blas/blas.h"

typedef rtk_blas_int num;

enum { SYEV, SYEVD, GESVD, GESDD };
enum { A, VALUES, LEFT, RIGHT };
enum { MOST = 100 }; /* larger ones take longer than a trial */

#define TEXT ((size_t)1)

static bool symmetric(const rtk_blas_form *form) {
    return form->variant <= SYEVD;
}

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    size_t n = s->n < MOST ? s->n : MOST;
    views->n = symmetric(form) ? 3 : 4;
    rtk_describe(views, A, "a", form->type, RTK_IN, n, n);
    rtk_describe(views, VALUES, "values", form->type, RTK_OUT, n, 0);
    rtk_describe(views, LEFT, "left", form->type, RTK_OUT, n, n);
    if (!symmetric(form))
        rtk_describe(views, RIGHT, "right", form->type, RTK_OUT, n, n);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    (void)s;
    rtk_fill(views, A, seed, false, 0);
    if (symmetric(form)) rtk_mirror(views, A);
}

static void eigen(const rtk_blas_op *op, num n, double *a, double *w,
                  double *work, num lwork, num *iwork, num *info) {
    typedef void (*syev)(const char *, const char *, const num *, double *,
                         const num *, double *, double *, const num *, num *,
                         size_t, size_t);
    typedef void (*syevd)(const char *, const char *, const num *, double *,
                          const num *, double *, double *, const num *, num *,
                          const num *, num *, size_t, size_t);
    num liwork = 3 + 5 * n;
    if (op->form->variant == SYEV)
        ((syev)op->f[0])("V", "L", &n, a, &n, w, work, &lwork, info, TEXT,
                         TEXT);
    else
        ((syevd)op->f[0])("V", "L", &n, a, &n, w, work, &lwork, iwork, &liwork,
                          info, TEXT, TEXT);
}

/* One struct for what would be eleven arguments. */
typedef struct singular {
    num n;
    double *a, *s, *u, *vt;
} singular;

static void decompose(const rtk_blas_op *op, const singular *x, double *work,
                      num lwork, num *iwork, num *info) {
    typedef void (*gesvd)(const char *, const char *, const num *, const num *,
                          double *, const num *, double *, double *,
                          const num *, double *, const num *, double *,
                          const num *, num *, size_t, size_t);
    typedef void (*gesdd)(const char *, const num *, const num *, double *,
                          const num *, double *, double *, const num *,
                          double *, const num *, double *, const num *, num *,
                          num *, size_t);
    const num *n = &x->n;
    if (op->form->variant == GESVD)
        ((gesvd)op->f[0])("A", "A", n, n, x->a, n, x->s, x->u, n, x->vt, n,
                          work, &lwork, info, TEXT, TEXT);
    else
        ((gesdd)op->f[0])("A", n, n, x->a, n, x->s, x->u, n, x->vt, n, work,
                          &lwork, iwork, info, TEXT);
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *shape,
                      const rtk_views *views, rtk_call *call) {
    (void)shape;
    size_t n = rtk_view_at(views, A)->shape[0];
    double *values = rtk_view_at(views, VALUES)->data;
    /* More than any of the routines asks for. */
    size_t size = 8 * n * n + 70 * n + 64, whole = 8 * n + 8;
    double *work = calloc(size + n * n, sizeof *work);
    num *iwork = calloc(whole, sizeof *iwork), info = 0;
    if (work && iwork && symmetric(op->form)) {
        eigen(op, (num)n, rtk_copy_view(views, LEFT, A), values, work,
              (num)size, iwork, &info);
    } else if (work && iwork) {
        const double *a = rtk_view_at(views, A)->data;
        singular x = {(num)n, work + size, values,
                      rtk_view_at(views, LEFT)->data,
                      rtk_view_at(views, RIGHT)->data};
        for (size_t i = 0; i < n * n; i++) x.a[i] = a[i];
        decompose(op, &x, work, (num)size, iwork, &info);
    }
    bool room = work && iwork;
    free(work);
    free(iwork);
    if (!room) return RTK_ENOMEM;
    if (info) call->message = "info is not 0";
    return info ? RTK_EFAILED : RTK_OK;
}

/* ---- Truths -------------------------------------------------------------- */

/* q' q r against r. */
static double orthogonal(rtk_lab *lab, rtk_matrix q, rtk_vector r) {
    rtk_vector qr = rtk_vector_apply(lab, q, r);
    rtk_vector qqr = rtk_vector_apply(lab, rtk_matrix_transposed(q), qr);
    return rtk_vector_error(r, qqr, q.type, q.rows, false);
}

/* Whether values go up, or down and stay above zero. */
static bool ordered(const rtk_blas_form *form, rtk_vector v) {
    for (size_t i = 0; i < v.n; i++) {
        long double here = v.at[i].re, last = i ? v.at[i - 1].re : here;
        bool right = symmetric(form) ? here >= last : here <= last && here >= 0;
        if (!right) return false;
    }
    return true;
}

static rtk_vector scaled(rtk_vector by, rtk_vector v) {
    for (size_t i = 0; i < v.n && i < by.n; i++) {
        v.at[i].re *= by.at[i].re;
        v.size[i] *= by.size[i];
    }
    return v;
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    (void)s;
    rtk_lab lab = {.used = 0};
    rtk_matrix a = rtk_matrix_of(views, A), u = rtk_matrix_of(views, LEFT);
    rtk_matrix vt = symmetric(form) ? rtk_matrix_transposed(u)
                                    : rtk_matrix_of(views, RIGHT);
    rtk_vector values = rtk_vector_of(&lab, views, VALUES);
    rtk_vector r = rtk_vector_signs(&lab, a.columns, a.rows);
    rtk_vector inner = scaled(values, rtk_vector_apply(&lab, vt, r));
    /* a r against u (values (v' r)) */
    double e = rtk_vector_error(rtk_vector_apply(&lab, a, r),
                                rtk_vector_apply(&lab, u, inner), form->type,
                                a.rows, false);
    e = rtk_worse(e, orthogonal(&lab, u, r));
    e = rtk_worse(e, orthogonal(&lab, vt, r));
    if (!lab.failed && !ordered(form, values)) e = INFINITY;
    return rtk_judge(&lab, truth, e, form->name);
}

#define FORM(op, function, number)                                             \
    {                                                                          \
        .name = op, .symbol = {function}, .type = RTK_FLOAT64,                 \
        .variant = number, .describe = describe, .fill = fill, .run = run,     \
        .check = check                                                         \
    }

const rtk_blas_form rtk_blas_spectra[] = {FORM("dsyev", "dsyev_", SYEV),
                                          FORM("dsyevd", "dsyevd_", SYEVD),
                                          FORM("dgesvd", "dgesvd_", GESVD),
                                          FORM("dgesdd", "dgesdd_", GESDD),
                                          {.name = NULL}};
