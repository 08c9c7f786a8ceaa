/* Products with vectors in long double, by the definition of each matrix. A
 * check of a product of matrices multiplies both sides by a vector of +1 and
 * -1: it costs n squared, and one wrong element never goes unseen. */

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/libraries/blas/blas.h"

enum { WHOLE_MOST = 4 };

/* ---- Elements ------------------------------------------------------------ */

static bool narrow(rtk_type type) {
    return type == RTK_FLOAT32 || type == RTK_COMPLEX64;
}

static bool paired(rtk_type type) {
    return type == RTK_COMPLEX64 || type == RTK_COMPLEX128;
}

static long double real_at(const void *data, rtk_type type, size_t i) {
    return narrow(type) ? (long double)((const float *)data)[i]
                        : (long double)((const double *)data)[i];
}

static rtk_number element(const void *data, rtk_type type, size_t i) {
    if (!paired(type)) return (rtk_number){real_at(data, type, i), 0};
    return (rtk_number){real_at(data, type, 2 * i),
                        real_at(data, type, 2 * i + 1)};
}

static rtk_number entry(const rtk_matrix *a, size_t i, size_t j) {
    if (a->transposed) {
        size_t swap = i;
        i = j;
        j = swap;
    }
    if (a->part == RTK_SYMMETRIC && i < j) {
        size_t swap = i;
        i = j;
        j = swap;
    }
    if (i == j && a->unit) return (rtk_number){1, 0};
    if ((a->part == RTK_PART_LOWER && i < j) ||
        (a->part == RTK_PART_UPPER && i > j))
        return (rtk_number){0, 0};
    return element(a->data, a->type, j * a->stride + i);
}

rtk_matrix rtk_matrix_of(const rtk_views *views, size_t i) {
    const rtk_view *v = rtk_view_at(views, i);
    return (rtk_matrix){.data = v->data,
                        .type = v->type,
                        .rows = v->shape[1],
                        .columns = v->shape[0],
                        .stride = v->shape[1]};
}

rtk_matrix rtk_matrix_part(rtk_matrix matrix, rtk_part part) {
    matrix.part = part;
    return matrix;
}

rtk_matrix rtk_matrix_transposed(rtk_matrix matrix) {
    size_t rows = matrix.rows;
    matrix.rows = matrix.columns;
    matrix.columns = rows;
    matrix.transposed = !matrix.transposed;
    return matrix;
}

/* ---- Vectors ------------------------------------------------------------- */

rtk_vector rtk_vector_new(rtk_lab *lab, size_t n) {
    rtk_vector v = {.n = 0};
    if (lab->used + 2 > RTK_LENGTH(lab->room)) lab->failed = true;
    if (lab->failed) return v;
    v.at = lab->room[lab->used++] = calloc(n + 1, sizeof *v.at);
    v.size = lab->room[lab->used++] = calloc(n + 1, sizeof *v.size);
    if (v.at && v.size)
        v.n = n;
    else
        lab->failed = true;
    return v;
}

void rtk_lab_free(rtk_lab *lab) {
    for (size_t i = 0; i < lab->used; i++) free(lab->room[i]);
}

rtk_vector rtk_vector_signs(rtk_lab *lab, size_t n, uint64_t seed) {
    rtk_vector v = rtk_vector_new(lab, n);
    for (size_t i = 0; i < v.n; i++) {
        v.at[i].re = rtk_blas_host->random_bits(seed, i) & 1 ? 1 : -1;
        v.size[i] = 1;
    }
    return v;
}

rtk_vector rtk_vector_of(rtk_lab *lab, const rtk_views *views, size_t i) {
    const rtk_view *view = rtk_view_at(views, i);
    rtk_vector v = rtk_vector_new(lab, rtk_view_count(view));
    for (size_t k = 0; k < v.n; k++) {
        v.at[k] = element(view->data, view->type, k);
        v.size[k] = hypotl(v.at[k].re, v.at[k].im);
    }
    return v;
}

rtk_vector rtk_vector_apply(rtk_lab *lab, rtk_matrix a, rtk_vector x) {
    rtk_vector y = rtk_vector_new(lab, a.rows);
    if (lab->failed || x.n < a.columns) return y;
    for (size_t j = 0; j < a.columns; j++)
        for (size_t i = 0; i < a.rows; i++) {
            rtk_number e = entry(&a, i, j);
            y.at[i].re += e.re * x.at[j].re - e.im * x.at[j].im;
            y.at[i].im += e.re * x.at[j].im + e.im * x.at[j].re;
            y.size[i] += (fabsl(e.re) + fabsl(e.im)) * x.size[j];
        }
    return y;
}

rtk_vector rtk_vector_sum(rtk_lab *lab, double a, rtk_vector x, double b,
                          rtk_vector y) {
    rtk_vector z = rtk_vector_new(lab, x.n);
    for (size_t i = 0; i < z.n && i < y.n; i++) {
        z.at[i].re = (long double)a * x.at[i].re + (long double)b * y.at[i].re;
        z.at[i].im = (long double)a * x.at[i].im + (long double)b * y.at[i].im;
        z.size[i] =
            (long double)fabs(a) * x.size[i] + (long double)fabs(b) * y.size[i];
    }
    return z;
}

/* NaN counts as the largest. */
static long double larger(long double a, long double b) {
    return a >= b || a != a ? a : b;
}

double rtk_vector_error(rtk_vector got, rtk_vector want, rtk_type type,
                        size_t terms, bool exact) {
    double unit = narrow(type) ? (double)FLT_EPSILON : DBL_EPSILON;
    long double worst = 0, size = 0;
    for (size_t i = 0; i < got.n && i < want.n; i++) {
        worst = larger(worst, hypotl(got.at[i].re - want.at[i].re,
                                     got.at[i].im - want.at[i].im));
        size = larger(size, want.size[i]);
    }
    if (worst == 0) return 0;
    if (exact) return INFINITY;
    return (double)(worst / (size * unit * (long double)(terms + 8)));
}

rtk_status rtk_judge(rtk_lab *lab, rtk_truth *truth, double error,
                     const char *what) {
    bool failed = lab->failed;
    rtk_lab_free(lab);
    if (failed) return RTK_ENOMEM;
    truth->error = error;
    snprintf(truth->text, sizeof truth->text,
             "%s: off by %.2g times what rounding explains", what, error);
    return RTK_OK;
}

/* ---- Inputs -------------------------------------------------------------- */

static double value(uint64_t seed, uint64_t index, bool whole) {
    uint64_t bits = rtk_blas_host->random_bits(seed, index);
    int64_t small = (int64_t)(bits % (2 * WHOLE_MOST + 1)) - WHOLE_MOST;
    return whole ? (double)small
                 : rtk_blas_host->random_uniform(seed, index) - 1;
}

static void put(void *data, rtk_type type, size_t i, double v) {
    if (narrow(type))
        ((float *)data)[i] = (float)v;
    else
        ((double *)data)[i] = v;
}

void rtk_fill(const rtk_views *views, size_t i, uint64_t seed, bool whole,
              double diagonal) {
    const rtk_view *v = rtk_view_at(views, i);
    size_t each = paired(v->type) ? 2 : 1, n = each * rtk_view_count(v);
    for (size_t k = 0; k < n; k++)
        put(v->data, v->type, k, value(seed + i, k, whole));
    size_t rows = v->rank > 1 ? v->shape[1] : 0;
    for (size_t j = 0; diagonal > 0 && j < rows && j < v->shape[0]; j++)
        put(v->data, v->type, each * (j * rows + j), diagonal);
}

void rtk_mirror(const rtk_views *views, size_t i) {
    const rtk_view *v = rtk_view_at(views, i);
    size_t n = v->shape[0], bytes = rtk_type_bytes(v->type);
    char *data = v->data;
    for (size_t col = 0; col < n; col++)
        for (size_t row = col + 1; row < n; row++)
            memcpy(data + (row * n + col) * bytes,
                   data + (col * n + row) * bytes, bytes);
}

void *rtk_copy_view(const rtk_views *views, size_t to, size_t from) {
    const rtk_view *target = rtk_view_at(views, to);
    const rtk_view *source = rtk_view_at(views, from);
    memcpy(target->data, source->data, rtk_view_bytes(source));
    return target->data;
}
