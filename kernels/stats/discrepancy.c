/* Each measure is a constant, a sum over points and a sum over pairs of
 * products over the coordinates. Pairs are symmetric, so each is visited once.
 * A part is a fixed block of rows; its pairs are taken TILE columns at a time,
 * whose products lie side by side, in the same order on each path. */

#include "kernels/stats/discrepancy.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/workers/workers.h"

enum { ROWS = 16, TILE = 32 };

/* Read-only while the parts run, but for single[part] and pairs[part]. */
typedef struct work {
    const double *x; /* coordinate k of all points, then of the next */
    double *single, *pairs;
    size_t n, d;
    rtk_discrepancy_kind kind;
} work;

static double point(rtk_discrepancy_kind kind, double x) {
    double c = fabs(x - 0.5);
    switch (kind) {
    case RTK_DISCREPANCY_CD: return 1 + 0.5 * c - 0.5 * c * c;
    case RTK_DISCREPANCY_MD: return 5. / 3 - 0.25 * c - 0.25 * c * c;
    case RTK_DISCREPANCY_L2_STAR: return 1 - x * x;
    default: return 0;
    }
}

static inline __attribute__((always_inline)) double
pair(rtk_discrepancy_kind kind, double x, double y) {
    double a = fabs(x - 0.5), b = fabs(y - 0.5), e = fabs(x - y);
    switch (kind) {
    case RTK_DISCREPANCY_CD: return 1 + 0.5 * (a + b) - 0.5 * e;
    case RTK_DISCREPANCY_WD: return 1.5 - e * (1 - e);
    case RTK_DISCREPANCY_MD:
        return 1.875 - 0.25 * (a + b) - 0.75 * e + 0.5 * e * e;
    default: return 1 - (x > y ? x : y);
    }
}

/* The pairs of point i with the `count` points from j. */
static inline __attribute__((always_inline)) double
tile(const work *w, rtk_discrepancy_kind kind, size_t i, size_t j,
     size_t count) {
    double product[TILE], sum = 0;
    for (size_t t = 0; t < TILE; t++) product[t] = 1;
    for (size_t k = 0; k < w->d; k++) {
        const double *x = w->x + k * w->n;
        for (size_t t = 0; t < count; t++)
            product[t] *= pair(kind, x[i], x[j + t]);
    }
    for (size_t t = 0; t < count; t++) sum += product[t];
    return sum;
}

static inline __attribute__((always_inline)) double
row(const work *w, rtk_discrepancy_kind kind, size_t i) {
    double sum = 0;
    size_t j = i + 1;
    for (; w->n - j >= TILE; j += TILE) sum += tile(w, kind, i, j, TILE);
    sum += tile(w, kind, i, j, w->n - j);
    return 2 * sum + tile(w, kind, i, i, 1);
}

static double measured(const work *w, size_t i) {
    switch (w->kind) {
    case RTK_DISCREPANCY_CD: return row(w, RTK_DISCREPANCY_CD, i);
    case RTK_DISCREPANCY_WD: return row(w, RTK_DISCREPANCY_WD, i);
    case RTK_DISCREPANCY_MD: return row(w, RTK_DISCREPANCY_MD, i);
    default: return row(w, RTK_DISCREPANCY_L2_STAR, i);
    }
}

static rtk_status block(void *arg, size_t part) {
    work *w = arg;
    double single = 0, pairs = 0;
    size_t lo = part * ROWS, hi = w->n - lo < ROWS ? w->n : lo + ROWS;
    for (size_t i = lo; i < hi; i++) {
        double product = 1;
        for (size_t k = 0; k < w->d; k++)
            product *= point(w->kind, w->x[k * w->n + i]);
        single += product;
        pairs += measured(w, i);
    }
    w->single[part] = single;
    w->pairs[part] = pairs;
    return RTK_OK;
}

static double pairwise(const double *x, size_t n) {
    if (n == 1) return *x;
    return pairwise(x, n / 2) + pairwise(x + n / 2, n - n / 2);
}

static double combined(const work *w, size_t blocks) {
    double n = (double)w->n, d = (double)w->d;
    double single = pairwise(w->single, blocks) / n;
    double pairs = pairwise(w->pairs, blocks) / n / n;
    switch (w->kind) {
    case RTK_DISCREPANCY_CD: return pow(13. / 12, d) - 2 * single + pairs;
    case RTK_DISCREPANCY_WD: return -pow(4. / 3, d) + pairs;
    case RTK_DISCREPANCY_MD: return pow(19. / 12, d) - 2 * single + pairs;
    default: return sqrt(pow(3, -d) - pow(2, 1 - d) * single + pairs);
    }
}

/* Transpose x into `to`; false when a coordinate is not in [0, 1]. */
static int turned(const double *x, size_t n, size_t d, double *to) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) {
            double v = x[i * d + k];
            if (!(v >= 0 && v <= 1)) return 0;
            to[k * n + i] = v;
        }
    return 1;
}

rtk_status rtk_discrepancy(const double *x, size_t n, size_t d,
                           rtk_discrepancy_kind kind, int64_t workers,
                           double *value, unsigned *effective) {
    if (!x || !value || !n || !d || n > PTRDIFF_MAX / sizeof *x / d)
        return RTK_EINVAL;
    if ((unsigned)kind > RTK_DISCREPANCY_L2_STAR) return RTK_EINVAL;
    size_t blocks = n / ROWS + (n % ROWS != 0);
    double *to = malloc(n * d * sizeof *to);
    double *sums = malloc(2 * blocks * sizeof *sums);
    rtk_status s = to && sums ? RTK_OK : RTK_ENOMEM;
    if (!s && !turned(x, n, d, to)) s = RTK_EINVAL;
    rtk_loop loop = {.size = sizeof loop};
    if (!s) {
        work w = {to, sums, sums + blocks, n, d, kind};
        s = rtk_parallel_for(NULL, workers, blocks, block, &w, &loop);
        if (!s) *value = combined(&w, blocks);
    }
    if (!s && effective) *effective = loop.effective;
    free(sums);
    free(to);
    return s;
}
