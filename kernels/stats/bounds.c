#include "kernels/stats/bounds.h"

#include <math.h>

static bool within(const double *x, size_t n, size_t d, const double *low,
                   const double *high) {
    bool good = true;
    for (size_t i = 0; i < n * d; i++)
        good &= low ? x[i] >= low[i % d] && x[i] <= high[i % d]
                    : x[i] >= 0 && x[i] <= 1;
    return good;
}

static bool overflows(size_t n, size_t d) {
    return d && n > PTRDIFF_MAX / sizeof(double) / d;
}

rtk_status rtk_bounds_scale(double *to, const double *from, size_t n, size_t d,
                            const double *low, const double *high, bool back) {
    if (overflows(n, d)) return RTK_EINVAL;
    for (size_t j = 0; j < d; j++)
        if (!(low[j] < high[j]) || !isfinite(high[j] - low[j]))
            return RTK_EINVAL;
    if (!within(from, n, d, back ? low : NULL, high)) return RTK_EINVAL;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double x = from[i * d + j], length = high[j] - low[j];
            to[i * d + j] = back ? (x - low[j]) / length : x * length + low[j];
        }
    return RTK_OK;
}

rtk_status rtk_bounds_integers(int64_t *to, const double *from, size_t n,
                               size_t d, const int64_t *low,
                               const int64_t *high, bool ends) {
    static const int64_t most = INT64_C(1) << 53;
    if (overflows(n, d)) return RTK_EINVAL;
    for (size_t j = 0; j < d; j++)
        if (low[j] < -most || high[j] > most || low[j] > high[j] ||
            (low[j] == high[j] && !ends))
            return RTK_EINVAL;
    for (size_t i = 0; i < n * d; i++)
        if (!(from[i] >= 0 && from[i] < 1)) return RTK_EINVAL;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double count = (double)(high[j] - low[j] + ends);
            double at = floor(from[i * d + j] * count);
            /* Rounding may reach the end. */
            if (!(at < count)) at = count - 1;
            to[i * d + j] = low[j] + (int64_t)at;
        }
    return RTK_OK;
}
