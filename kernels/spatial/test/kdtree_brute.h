#ifndef RTK_KDTREE_BRUTE_H
#define RTK_KDTREE_BRUTE_H

/* What the tests of the tree share: points, and their truth by looking at all
 * of them. */

#include "kernels/workers/test/unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "kernels/spatial/kdtree.h"

/* Points, queries and how they are measured. `narrow`: float. */
typedef struct brute {
    size_t n, d, m;
    bool narrow;
    double p;
    const double *period; /* or NULL */
    double *x, *q;        /* n x d and m x d */
} brute;

typedef struct brute_hit {
    double distance;
    int64_t id;
} brute_hit;

/* The next of [0, 1) from `seed`. MT-Unsafe race:seed. */
static inline double brute_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (double)(*seed >> 11) * 0x1p-53;
}

/* `whole` > 0: whole numbers below it, so that many are equal. For free().
 * MT-Safe. */
static inline double *brute_numbers(size_t count, unsigned whole, bool narrow,
                                    uint64_t seed) {
    double *x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++) {
        x[i] = brute_random(&seed);
        if (whole) x[i] = floor(x[i] * whole);
        if (narrow) x[i] = (double)(float)x[i];
    }
    return x;
}

/* The same numbers as the tree's type. For free(). MT-Safe. */
static inline void *brute_typed(const brute *b, const double *x, size_t count) {
    void *room = malloc((count + 1) * sizeof(double));
    float *narrow = room;
    double *wide = room;
    assert_non_null(room);
    for (size_t i = 0; i < count; i++)
        if (b->narrow)
            narrow[i] = (float)x[i];
        else
            wide[i] = x[i];
    return room;
}

/* `rows` points in `x`, as the tree takes them. MT-Safe. */
static inline rtk_array brute_array(const brute *b, void *x, size_t rows) {
    size_t shape[2] = {rows, b->d};
    return rtk_array_dense(b->narrow ? RTK_FLOAT : RTK_DOUBLE, 2, shape, x);
}

/* In long double, but for what the header says of rounding: differences of
 * whole numbers and of neighbours are exact there. MT-Safe. */
static inline long double brute_distance(const brute *b, const double *q,
                                         const double *x) {
    long double sum = 0;
    for (size_t j = 0; j < b->d; j++) {
        long double a = fabsl((long double)q[j] - x[j]);
        if (b->period && b->period[j] > 0) {
            a = fmodl(a, b->period[j]);
            a = fminl(a, b->period[j] - a);
        }
        sum = isinf(b->p) ? fmaxl(sum, a) : sum + powl(a, b->p);
    }
    return isinf(b->p) ? sum : powl(sum, 1 / (long double)b->p);
}

/* For qsort(): the rule for ties. MT-Safe. */
static inline int brute_order(const void *a, const void *b) {
    const brute_hit *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* All points, the nearest to query i first. For free(). MT-Safe. */
static inline brute_hit *brute_sorted(const brute *b, size_t i) {
    brute_hit *hit = malloc((b->n + 1) * sizeof *hit);
    assert_non_null(hit);
    for (size_t j = 0; j < b->n; j++)
        hit[j] = (brute_hit){
            (double)brute_distance(b, b->q + i * b->d, b->x + j * b->d),
            (int64_t)j};
    qsort(hit, b->n, sizeof *hit, brute_order);
    return hit;
}

/* Number `i` of an answer. MT-Safe. */
static inline double brute_at(const brute *b, const void *x, size_t i) {
    const float *narrow = x;
    const double *wide = x;
    return b->narrow ? (double)narrow[i] : wide[i];
}

/* How far a distance may be from the long double one, relatively. MT-Safe. */
static inline double brute_tolerance(const brute *b) {
    return (double)(b->d + 4) * (b->narrow ? (double)FLT_EPSILON : DBL_EPSILON);
}

/* A tree of b's points; workers 2. The array is freed at once: the tree has its
 * own. MT-Safe. */
static inline rtk_kdtree *brute_tree(const brute *b, rtk_kdtree_split split,
                                     size_t leaf) {
    rtk_kdtree *t = NULL;
    void *x = brute_typed(b, b->x, b->n * b->d);
    rtk_array points = brute_array(b, x, b->n);
    rtk_kdtree_options o = {
        .size = sizeof o, .split = split, .leaf = leaf, .period = b->period};
    assert_int_equal(RTK_OK, rtk_kdtree_new(&t, &points, &o, 2, NULL));
    free(x);
    return t;
}

#endif
