/* Truths are what results must fulfil, in long double: residuals, products of
 * factors, orthogonality. In units of the matrices' size, which the subject
 * knows: elements up to 1/2, n on the diagonal. */

#include "kernels/subjects/linalg_kinds.h"

#include <math.h>
#include <string.h>

#include "kernels/linalg/toeplitz.h"
#include "kernels/subjects/subjects.h"

/* Not C's complex: its multiplication looks for NaN each time. */
typedef struct value {
    long double re, im;
} value;

static char *element(const rtk_array *a, size_t t, size_t i, size_t j) {
    return (char *)a->data + (ptrdiff_t)t * a->stride[0] +
           (ptrdiff_t)i * a->stride[1] +
           (a->rank > 2 ? (ptrdiff_t)j * a->stride[2] : 0);
}

static value at(const rtk_array *a, size_t t, size_t i, size_t j) {
    float narrow[2] = {0, 0};
    double wide[2] = {0, 0};
    const char *from = element(a, t, i, j);
    if (rtk_number_real(a->number) == RTK_FLOAT) {
        memcpy(narrow, from, rtk_number_bytes(a->number));
        return (value){narrow[0], narrow[1]};
    }
    memcpy(wide, from, rtk_number_bytes(a->number));
    return (value){wide[0], wide[1]};
}

static value conjugate(value x) {
    return (value){x.re, -x.im};
}

static value add(value sum, value x, value y) {
    return (value){sum.re + x.re * y.re - x.im * y.im,
                   sum.im + x.re * y.im + x.im * y.re};
}

/* The modulus of x - y. */
static long double gap(value x, value y) {
    return hypotl(x.re - y.re, x.im - y.im);
}

static long double worse(long double a, long double b) {
    return a >= b || isnan(a) ? a : b;
}

/* Element (i, j) of x y; of x^H y; of x y^H. */
typedef enum way { PLAIN, LEFT_ADJOINT, RIGHT_ADJOINT } way;

static value product(const rtk_array *x, const rtk_array *y, way how, size_t t,
                     size_t i, size_t j) {
    value sum = {0, 0};
    size_t length = how == LEFT_ADJOINT ? x->shape[1] : x->shape[2];
    for (size_t l = 0; l < length; l++) {
        value left =
            how == LEFT_ADJOINT ? conjugate(at(x, t, l, i)) : at(x, t, i, l);
        value right =
            how == RIGHT_ADJOINT ? conjugate(at(y, t, j, l)) : at(y, t, l, j);
        sum = add(sum, left, right);
    }
    return sum;
}

/* x y against z. */
static long double apart(const rtk_array *x, const rtk_array *y, way how,
                         const rtk_array *z, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < z->shape[1]; i++)
        for (size_t j = 0; j < z->shape[2]; j++)
            worst =
                worse(worst, gap(product(x, y, how, t, i, j), at(z, t, i, j)));
    return worst;
}

/* How far columns (rows for RIGHT_ADJOINT) are from being orthonormal. */
static long double skew(const rtk_array *q, way how, size_t t) {
    size_t count = how == LEFT_ADJOINT ? q->shape[2] : q->shape[1];
    long double worst = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            worst = worse(worst,
                          gap(product(q, q, how, t, i, j), (value){i == j, 0}));
    return worst;
}

/* ---- Products and solutions ------------------------------------------------
 */

enum { A = RTK_LINALG_A, B = RTK_LINALG_B, OUT = RTK_LINALG_OUT };

static rtk_status run_matmul(const rtk_array *a,
                             const rtk_linalg_options *how) {
    return rtk_matmul(&a[A], &a[B], &a[OUT], how);
}

/* NaN where the input's row has it. */
static long double error_matmul(const rtk_array *a, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < a[OUT].shape[1]; i++)
        for (size_t j = 0; j < a[OUT].shape[2]; j++) {
            value want = product(&a[A], &a[B], PLAIN, t, i, j);
            value got = at(&a[OUT], t, i, j);
            if (isnan(want.re) && isnan(got.re)) continue;
            worst = worse(worst, gap(want, got));
        }
    return worst;
}

static rtk_status run_solve(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_solve(&a[A], &a[B], &a[OUT], how);
}

static long double error_solve(const rtk_array *a, size_t t) {
    return apart(&a[A], &a[OUT], PLAIN, &a[B], t);
}

static rtk_status run_lstsq(const rtk_array *a, const rtk_linalg_options *how) {
    rtk_lstsq_details details = {.size = sizeof details, .s = &a[OUT + 1]};
    return rtk_lstsq(&a[A], &a[B], &a[OUT], &details, how);
}

/* a^H (a x - b) is zero. */
static long double error_lstsq(const rtk_array *a, size_t t) {
    long double worst = 0;
    for (size_t j = 0; j < a[B].shape[2]; j++)
        for (size_t i = 0; i < a[A].shape[2]; i++) {
            value sum = {0, 0};
            for (size_t l = 0; l < a[A].shape[1]; l++) {
                value off = product(&a[A], &a[OUT], PLAIN, t, l, j);
                value b = at(&a[B], t, l, j);
                off.re -= b.re;
                off.im -= b.im;
                sum = add(sum, conjugate(at(&a[A], t, l, i)), off);
            }
            worst = worse(worst, hypotl(sum.re, sum.im));
        }
    return worst;
}

/* ---- Factors ---------------------------------------------------------------
 */

static rtk_status run_cholesky(const rtk_array *a,
                               const rtk_linalg_options *how) {
    return rtk_cholesky(&a[A], &a[OUT], how);
}

/* The lower triangle alone is read, so it is all that can be compared. */
static long double error_cholesky(const rtk_array *a, size_t t) {
    long double worst = 0;
    const rtk_array *l = &a[OUT];
    for (size_t i = 0; i < l->shape[1]; i++)
        for (size_t j = 0; j < l->shape[1]; j++) {
            value want = at(&a[A], t, i, j);
            if (i == j) want.im = 0;
            if (j > i)
                worst = worse(worst, gap(at(l, t, i, j), (value){0, 0}));
            else
                worst = worse(worst,
                              gap(product(l, l, RIGHT_ADJOINT, t, i, j), want));
        }
    return worst;
}

static rtk_status run_lu(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_lu(&a[A], &a[OUT], a[OUT + 1].data, how);
}

/* Where row i of p a lies in a. */
static size_t origin(const rtk_array *a, const int *pivots, size_t count,
                     size_t i) {
    size_t row = i, m = a[A].shape[1];
    for (size_t r = count; r-- > 0;) {
        size_t other = (size_t)pivots[r];
        if (pivots[r] < (int)r || other >= m) return m;
        row = row == r ? other : row == other ? r : row;
    }
    return row;
}

static long double error_lu(const rtk_array *a, size_t t) {
    size_t m = a[A].shape[1], n = a[A].shape[2], k = m < n ? m : n;
    const int *pivots = (const int *)a[OUT + 1].data + t * k;
    long double worst = 0;
    for (size_t i = 0; i < m; i++) {
        size_t row = origin(a, pivots, k, i);
        if (row >= m) return INFINITY;
        for (size_t j = 0; j < n; j++) {
            value sum = {0, 0};
            for (size_t l = 0; l <= i && l <= j && l < k; l++)
                sum = add(sum, l == i ? (value){1, 0} : at(&a[OUT], t, i, l),
                          at(&a[OUT], t, l, j));
            worst = worse(worst, gap(sum, at(&a[A], t, row, j)));
        }
    }
    return worst;
}

static rtk_status run_qr(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_qr(&a[A], &a[OUT], &a[OUT + 1], how);
}

static long double error_qr(const rtk_array *a, size_t t) {
    long double below = 0;
    for (size_t i = 0; i < a[OUT + 1].shape[1]; i++)
        for (size_t j = 0; j < i && j < a[OUT + 1].shape[2]; j++)
            below = worse(below, gap(at(&a[OUT + 1], t, i, j), (value){0, 0}));
    return worse(below, worse(skew(&a[OUT], LEFT_ADJOINT, t),
                              apart(&a[OUT], &a[OUT + 1], PLAIN, &a[A], t)));
}

/* ---- Spectra ---------------------------------------------------------------
 */

/* a v = v diag(w), `a` being what its lower triangle says for `lower`. */
static long double off(const rtk_array *a, bool lower, size_t t) {
    const rtk_array *w = &a[OUT], *v = &a[OUT + 1];
    size_t n = a[A].shape[1];
    long double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            value sum = {0, 0};
            for (size_t l = 0; l < n; l++) {
                value x = lower && l > i ? conjugate(at(&a[A], t, l, i))
                                         : at(&a[A], t, i, l);
                if (lower && l == i) x.im = 0;
                sum = add(sum, x, at(v, t, l, j));
            }
            value scaled = add((value){0, 0}, at(w, t, j, 0), at(v, t, i, j));
            worst = worse(worst, gap(sum, scaled));
        }
    return worst;
}

static rtk_status run_eigh(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_eigh(&a[A], &a[OUT], &a[OUT + 1], how);
}

static long double error_eigh(const rtk_array *a, size_t t) {
    return worse(off(a, true, t), skew(&a[OUT + 1], LEFT_ADJOINT, t));
}

static rtk_status run_eig(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_eig(&a[A], &a[OUT], &a[OUT + 1], how);
}

static long double error_eig(const rtk_array *a, size_t t) {
    const rtk_array *v = &a[OUT + 1];
    long double worst = off(a, false, t);
    for (size_t j = 0; j < v->shape[2]; j++)
        worst = worse(worst,
                      gap(product(v, v, LEFT_ADJOINT, t, j, j), (value){1, 0}));
    return worst;
}

static rtk_status run_svd(const rtk_array *a, const rtk_linalg_options *how) {
    return rtk_svd(&a[A], &a[OUT], &a[OUT + 1], &a[OUT + 2], how);
}

static long double error_svd(const rtk_array *a, size_t t) {
    const rtk_array *u = &a[OUT], *s = &a[OUT + 1], *vh = &a[OUT + 2];
    long double worst =
        worse(skew(u, LEFT_ADJOINT, t), skew(vh, RIGHT_ADJOINT, t));
    for (size_t i = 0; i < a[A].shape[1]; i++)
        for (size_t j = 0; j < a[A].shape[2]; j++) {
            value sum = {0, 0};
            for (size_t l = 0; l < s->shape[1]; l++) {
                value x = at(u, t, i, l);
                long double scale = at(s, t, l, 0).re;
                sum = add(sum, (value){x.re * scale, x.im * scale},
                          at(vh, t, l, j));
            }
            worst = worse(worst, gap(sum, at(&a[A], t, i, j)));
        }
    return worst;
}

/* ---- One column and one row ------------------------------------------------
 */

/* The first column of each `a`, and its first row. */
static rtk_array edge(const rtk_array *a, bool row) {
    rtk_array e = a[A];
    e.rank = 2;
    if (!row) return e;
    e.shape[1] = a[A].shape[2];
    e.stride[1] = a[A].stride[2];
    return e;
}

/* What stands at (i, j) of the matrix that they say. */
static value toeplitz(const rtk_array *a, size_t t, size_t i, size_t j) {
    return i >= j ? at(&a[A], t, i - j, 0) : at(&a[A], t, 0, j - i);
}

static value circulant(const rtk_array *a, size_t t, size_t i, size_t j) {
    size_t n = a[A].shape[1];
    return at(&a[A], t, (i + n - j) % n, 0);
}

/* The matrix times x against y; NaN where the first has it is right. */
static long double apart_from(value (*matrix)(const rtk_array *a, size_t t,
                                              size_t i, size_t j),
                              const rtk_array *a, const rtk_array *x,
                              const rtk_array *y, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < y->shape[1]; i++)
        for (size_t j = 0; j < y->shape[2]; j++) {
            value sum = {0, 0}, got = at(y, t, i, j);
            for (size_t l = 0; l < x->shape[1]; l++)
                sum = add(sum, matrix(a, t, i, l), at(x, t, l, j));
            if (isnan(sum.re) && isnan(got.re)) continue;
            worst = worse(worst, gap(sum, got));
        }
    return worst;
}

static rtk_status run_toeplitz(const rtk_array *a,
                               const rtk_linalg_options *how) {
    rtk_array c = edge(a, false), r = edge(a, true);
    return rtk_matmul_toeplitz(&c, &r, &a[B], &a[OUT], how);
}

static long double error_toeplitz(const rtk_array *a, size_t t) {
    return apart_from(toeplitz, a, &a[B], &a[OUT], t);
}

static rtk_status run_solve_toeplitz(const rtk_array *a,
                                     const rtk_linalg_options *how) {
    rtk_array c = edge(a, false), r = edge(a, true);
    return rtk_solve_toeplitz(&c, &r, &a[B], &a[OUT], how);
}

static long double error_solve_toeplitz(const rtk_array *a, size_t t) {
    return apart_from(toeplitz, a, &a[OUT], &a[B], t);
}

static rtk_status run_circulant(const rtk_array *a,
                                const rtk_linalg_options *how) {
    rtk_array c = edge(a, false);
    return rtk_solve_circulant(&c, &a[B], &a[OUT], NULL, how);
}

static long double error_circulant(const rtk_array *a, size_t t) {
    return apart_from(circulant, a, &a[OUT], &a[B], t);
}

/* ---- Table -----------------------------------------------------------------
 */

static const rtk_linalg_kind kinds[RTK_LINALG_KINDS] = {
    {.name = "solve",
     .square = true,
     .singular = true,
     .spoiled = true,
     .out = {{"x", 's', 'n', 's'}},
     .run = run_solve,
     .error = error_solve},
    {.name = "matmul",
     .square = true,
     .silent = true,
     .out = {{"c", 's', 'n', 's'}},
     .run = run_matmul,
     .error = error_matmul},
    {.name = "cholesky",
     .square = true,
     .singular = true,
     .spoiled = true,
     .out = {{"l", 's', 'n', 'n'}},
     .run = run_cholesky,
     .error = error_cholesky},
    {.name = "lu",
     .singular = true,
     .out = {{"lu", 's', 'm', 'n'}, {"pivots", 'p', 'k', '1'}},
     .run = run_lu,
     .error = error_lu},
    {.name = "qr",
     .out = {{"q", 's', 'm', 'k'}, {"r", 's', 'k', 'n'}},
     .run = run_qr,
     .error = error_qr},
    {.name = "eigh",
     .square = true,
     .out = {{"w", 'r', 'n', '1'}, {"v", 's', 'n', 'n'}},
     .run = run_eigh,
     .error = error_eigh},
    {.name = "eig",
     .square = true,
     .out = {{"w", 'c', 'n', '1'}, {"v", 'c', 'n', 'n'}},
     .run = run_eig,
     .error = error_eig},
    {.name = "svd",
     .out = {{"u", 's', 'm', 'k'}, {"s", 'r', 'k', '1'}, {"vh", 's', 'k', 'n'}},
     .run = run_svd,
     .error = error_svd},
    {.name = "lstsq",
     .out = {{"x", 's', 'n', 's'}, {"s", 'r', 'k', '1'}},
     .run = run_lstsq,
     .error = error_lstsq},
    {.name = "toeplitz",
     .square = true,
     .silent = true,
     .edges = true,
     .out = {{"y", 's', 'n', 's'}},
     .run = run_toeplitz,
     .error = error_toeplitz},
    {.name = "solve_toeplitz",
     .square = true,
     .singular = true,
     .spoiled = true,
     .edges = true,
     .out = {{"x", 's', 'n', 's'}},
     .run = run_solve_toeplitz,
     .error = error_solve_toeplitz},
    {.name = "circulant",
     .square = true,
     .singular = true,
     .spoiled = true,
     .edges = true,
     .out = {{"x", 's', 'n', 's'}},
     .run = run_circulant,
     .error = error_circulant}};

const rtk_linalg_kind *rtk_linalg_kinds(void) {
    return kinds;
}
