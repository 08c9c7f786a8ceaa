#include "bench/peers/quantiles.h"

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
    if (!n) return (rtk_spread){0};
    return (rtk_spread){n, rtk_quantile(x, n, 0.1), rtk_quantile(x, n, 0.25),
                        rtk_quantile(x, n, 0.5), rtk_quantile(x, n, 0.75)};
}
