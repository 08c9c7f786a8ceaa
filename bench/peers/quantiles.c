#include "bench/peers/quantiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int rising(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double rtk_quantile(const double *x, size_t n, double q) {
    double sorted[RTK_QUANTILES_MAX], at = q * (double)(n - 1);
    memcpy(sorted, x, n * sizeof *x);
    qsort(sorted, n, sizeof *sorted, rising);
    size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;
    return sorted[i] + (at - (double)i) * (sorted[next] - sorted[i]);
}

rtk_spread rtk_spread_of(const double *x, size_t n) {
    double rank = floor((double)n / 2 - 0.98 * sqrt((double)n));
    if (!n) return (rtk_spread){0};
    rtk_spread s = {.n = n,
                    .p10 = rtk_quantile(x, n, 0.1),
                    .low = rtk_quantile(x, n, 0.25),
                    .median = rtk_quantile(x, n, 0.5),
                    .high = rtk_quantile(x, n, 0.75),
                    .least = -INFINITY,
                    .most = INFINITY};
    if (rank < 0) return s;
    s.least = rtk_quantile(x, n, rank / (double)(n - 1));
    s.most = rtk_quantile(x, n, 1 - rank / (double)(n - 1));
    return s;
}
