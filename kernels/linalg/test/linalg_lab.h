#ifndef RTK_LINALG_LAB_H
#define RTK_LINALG_LAB_H

/* Matrices for the tests of linalg: of any number, lying in memory in any way,
 * looked at in long double. */

#include "kernels/workers/test/unit.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "kernels/linalg/linalg.h"

typedef long double _Complex lab_value;

/* How the elements lie. */
typedef enum lab_order {
    LAB_ROWS,
    LAB_COLUMNS,
    LAB_BACKWARDS, /* all strides negative */
    LAB_GAPS,      /* rows with gaps between their elements, too */
    LAB_ORDERS
} lab_order;

static const rtk_number lab_numbers[] = {RTK_FLOAT, RTK_DOUBLE,
                                         RTK_FLOAT_COMPLEX, RTK_DOUBLE_COMPLEX};
enum { LAB_NUMBERS = 4 };

/* Unit roundoff times two. MT-Safe. */
static inline long double lab_epsilon(rtk_number number) {
    return rtk_number_real(number) == RTK_FLOAT ? FLT_EPSILON : DBL_EPSILON;
}

/* A batch of matrices of zeros; released with lab_free(). The memory ends on an
 * element, not on a larger boundary. MT-Safe. */
static inline rtk_array lab_new(rtk_number number, lab_order order,
                                size_t batch, size_t rows, size_t columns) {
    size_t shape[3] = {batch, rows, columns}, count = batch * rows * columns;
    rtk_array a = rtk_array_dense(number, 3, shape, NULL);
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(number);
    ptrdiff_t real = (ptrdiff_t)rtk_number_bytes(rtk_number_real(number));
    char *data = calloc(3 * count + 2, (size_t)bytes);
    assert_non_null(data);
    a.data = data + real; /* aligned as its real numbers alone */
    if (order == LAB_COLUMNS) {
        a.stride[1] = bytes;
        a.stride[2] = bytes * (ptrdiff_t)rows;
    }
    for (size_t d = 0; d < 3; d++) {
        if (order == LAB_BACKWARDS && count) {
            a.stride[d] = -a.stride[d];
            a.data = (char *)a.data - a.stride[d] * (ptrdiff_t)(shape[d] - 1);
        }
        if (order == LAB_GAPS) a.stride[d] *= 3;
    }
    return a;
}

/* MT-Safe. */
static inline void lab_free(rtk_array *a) {
    const char *low, *high;
    rtk_array_extent(a, &low, &high);
    if (a->data)
        free((char *)(uintptr_t)low -
             rtk_number_bytes(rtk_number_real(a->number)));
}

/* MT-Safe. */
static inline char *lab_element(const rtk_array *a, size_t t, size_t i,
                                size_t j) {
    return (char *)a->data + (ptrdiff_t)t * a->stride[0] +
           (ptrdiff_t)i * a->stride[1] +
           (a->rank > 2 ? (ptrdiff_t)j * a->stride[2] : 0);
}

/* MT-Safe. */
static inline lab_value lab_get(const rtk_array *a, size_t t, size_t i,
                                size_t j) {
    const char *at = lab_element(a, t, i, j);
    float narrow[2] = {0, 0};
    double wide[2] = {0, 0};
    if (rtk_number_real(a->number) == RTK_FLOAT) {
        memcpy(narrow, at, rtk_number_bytes(a->number));
        return (long double)narrow[0] + (long double)narrow[1] * I;
    }
    memcpy(wide, at, rtk_number_bytes(a->number));
    return (long double)wide[0] + (long double)wide[1] * I;
}

/* MT-Safe. */
static inline void lab_put(const rtk_array *a, size_t t, size_t i, size_t j,
                           double re, double im) {
    char *at = lab_element(a, t, i, j);
    float narrow[2] = {(float)re, (float)im};
    double wide[2] = {re, im};
    if (rtk_number_real(a->number) == RTK_FLOAT)
        memcpy(at, narrow, rtk_number_bytes(a->number));
    else
        memcpy(at, wide, rtk_number_bytes(a->number));
}

/* In -1 .. 1, or whole in -7 .. 7. MT-Safe. */
static inline double lab_random(uint64_t *seed, bool whole) {
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    double u = (double)(*seed >> 11) * 0x1p-53;
    return whole ? floor(u * 15) - 7 : 2 * u - 1;
}

/* Random in both parts. MT-Safe. */
static inline void lab_fill(const rtk_array *a, uint64_t seed, bool whole) {
    for (size_t t = 0; t < a->shape[0]; t++)
        for (size_t i = 0; i < a->shape[1]; i++)
            for (size_t j = 0; j < (a->rank > 2 ? a->shape[2] : 1); j++) {
                double re = lab_random(&seed, whole);
                lab_put(a, t, i, j, re, lab_random(&seed, whole));
            }
}

/* Hermitian, and with `shift` positive definite. MT-Safe. */
static inline void lab_mirror(const rtk_array *a, double shift) {
    for (size_t t = 0; t < a->shape[0]; t++)
        for (size_t i = 0; i < a->shape[1]; i++) {
            lab_put(a, t, i, i, (double)creall(lab_get(a, t, i, i)) + shift, 0);
            for (size_t j = i + 1; j < a->shape[2]; j++) {
                lab_value v = lab_get(a, t, i, j);
                lab_put(a, t, j, i, (double)creall(v), (double)-cimagl(v));
            }
        }
}

/* The larger, where NaN is the largest. MT-Safe. */
static inline long double lab_worse(long double a, long double b) {
    return a >= b || isnan(a) ? a : b;
}

/* Element (i, j) of matrix t of x y, with `adjoint` of x^H y. MT-Safe. */
static inline lab_value lab_product(const rtk_array *x, const rtk_array *y,
                                    size_t t, size_t i, size_t j,
                                    bool adjoint) {
    lab_value sum = 0;
    for (size_t l = 0; l < y->shape[1]; l++)
        sum += (adjoint ? conjl(lab_get(x, t, l, i)) : lab_get(x, t, i, l)) *
               lab_get(y, t, l, j);
    return sum;
}

/* How far the columns of matrix t are from being orthonormal. MT-Safe. */
static inline long double lab_skew(const rtk_array *q, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < q->shape[2]; i++)
        for (size_t j = 0; j < q->shape[2]; j++)
            worst = lab_worse(
                worst, cabsl(lab_product(q, q, t, i, j, true) - (i == j)));
    return worst;
}

/* The largest element's modulus in matrix t. MT-Safe. */
static inline long double lab_size(const rtk_array *a, size_t t) {
    long double most = 0;
    for (size_t i = 0; i < a->shape[1]; i++)
        for (size_t j = 0; j < a->shape[2]; j++)
            most = lab_worse(most, cabsl(lab_get(a, t, i, j)));
    return most;
}

/* A batch of vectors, as an array of rank 2, released with free(data). A batch
 * of real numbers where `number` is complex. MT-Safe. */
static inline rtk_array lab_vectors(rtk_number number, size_t batch,
                                    size_t length) {
    rtk_array a = rtk_array_dense(number, 2, (size_t[]){batch, length}, NULL);
    a.data = calloc(batch * length + 1, rtk_number_bytes(number));
    assert_non_null(a.data);
    return a;
}

#endif
