/* Each measure is a constant, a sum over points and a sum over pairs of
 * products over the coordinates. Pairs are symmetric, so each is visited once.
 * A part is a fixed block of rows; its pairs are taken some columns at a time,
 * whose products lie side by side. */

#include "kernels/stats/discrepancy_rows.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernels/array/stream.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum { ROWS = 16 };

/* Read-only while the parts run, but for single[part] and pairs[part]. */
typedef struct work {
    rtk_discrepancy_points points;
    rtk_discrepancy_kind kind;
    double (*row)(const rtk_discrepancy_points *, rtk_discrepancy_kind, size_t);
    double *single, *pairs;
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

static rtk_status keep(work *w, size_t part, double single, double pairs) {
    /* Planted; guards the first block's sums. */
    static pthread_mutex_t arrival = PTHREAD_MUTEX_INITIALIZER;
    size_t at = RTK_PLANT(qmc_arrival) ? 0 : part;
    if (RTK_PLANT(qmc_arrival)) pthread_mutex_lock(&arrival);
    w->single[at] += single;
    w->pairs[at] += pairs;
    if (RTK_PLANT(qmc_arrival)) pthread_mutex_unlock(&arrival);
    return RTK_OK;
}

static rtk_status block(void *arg, size_t part) {
    work *w = arg;
    double single = 0, pairs = 0;
    const rtk_discrepancy_points *p = &w->points;
    size_t lo = part * ROWS, hi = p->n - lo < ROWS ? p->n : lo + ROWS;
    for (size_t i = lo; i < hi; i++) {
        double product = 1;
        for (size_t k = 0; k < p->d; k++)
            product *= point(w->kind, p->x[k * p->n + i]);
        single += product;
        pairs += w->row(p, w->kind, i);
    }
    return keep(w, part, single, pairs);
}

static double pairwise(const double *x, size_t n) {
    if (n == 1) return *x;
    return pairwise(x, n / 2) + pairwise(x + n / 2, n - n / 2);
}

static double combined(const work *w, size_t blocks, size_t count) {
    double n = (double)count, d = (double)w->points.d;
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

/* `count`: points that there are for the mean. */
static rtk_status measure(const double *x, size_t n, size_t d,
                          rtk_discrepancy_kind kind, size_t count,
                          int64_t workers, double *value, unsigned *effective) {
    if (!x || !value || !n || !d || n > PTRDIFF_MAX / sizeof *x / d)
        return RTK_EINVAL;
    if ((unsigned)kind > RTK_DISCREPANCY_L2_STAR) return RTK_EINVAL;
    size_t blocks = n / ROWS + (n % ROWS != 0);
    double *to = malloc(n * d * sizeof *to);
    double *sums = calloc(2 * blocks, sizeof *sums);
    rtk_status s = to && sums ? RTK_OK : RTK_ENOMEM;
    if (!s && !turned(x, n, d, to)) s = RTK_EINVAL;
    rtk_loop loop = {.size = sizeof loop};
    if (!s) {
        bool wide = !RTK_PLAIN_ONLY && __builtin_cpu_supports("avx2");
        work w = {.points = {to, n, d},
                  .kind = kind,
                  .row = wide ? rtk_discrepancy_row_avx2 : rtk_discrepancy_row,
                  .single = sums,
                  .pairs = sums + blocks};
        s = rtk_parallel_for(NULL, workers, blocks, block, &w, &loop);
        if (!s) *value = combined(&w, blocks, count);
    }
    if (!s && effective) *effective = loop.effective;
    free(sums);
    free(to);
    return s;
}

rtk_status rtk_discrepancy(const double *x, size_t n, size_t d,
                           rtk_discrepancy_kind kind, int64_t workers,
                           double *value, unsigned *effective) {
    return measure(x, n, d, kind, n, workers, value, effective);
}

rtk_status rtk_discrepancy_begin(const double *x, size_t n, size_t d,
                                 rtk_discrepancy_kind kind, int64_t workers,
                                 double *value, unsigned *effective) {
    return measure(x, n, d, kind, n + 1, workers, value, effective);
}

static int inside(const double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(x[i] >= 0 && x[i] <= 1)) return 0;
    return 1;
}

rtk_status rtk_discrepancy_add(const double *more, const double *x, size_t n,
                               size_t d, double *value) {
    if (!more || !x || !value || !n || !d || n > PTRDIFF_MAX / sizeof *x / d ||
        !inside(more, d) || !inside(x, n * d))
        return RTK_EINVAL;
    double single = 1, itself = 1, pairs = 0, all = (double)n + 1;
    for (size_t k = 0; k < d; k++) {
        single *= point(RTK_DISCREPANCY_CD, more[k]);
        itself *= 1 + fabs(more[k] - 0.5);
    }
    for (size_t i = 0; i < n; i++) {
        double product = 1;
        for (size_t k = 0; k < d; k++) {
            double y = x[i * d + k];
            product *= 1 + 0.5 * (fabs(more[k] - 0.5) + fabs(y - 0.5)) -
                       0.5 * fabs(more[k] - y);
        }
        pairs += product;
    }
    *value += -2 / all * single + (2 * pairs + itself) / all / all;
    return RTK_OK;
}
