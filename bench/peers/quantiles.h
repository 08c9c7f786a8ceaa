#ifndef RTK_QUANTILES_H
#define RTK_QUANTILES_H

#include <stddef.h>

enum { RTK_QUANTILES_MAX = 512 };

/* A set of values, summed up. */
typedef struct rtk_spread {
    size_t n; /* 0: the others are 0 */
    double p10, low, median, high;
    /* Where the median is, at 95 %, by the sign test; infinite for n < 5. */
    double least, most;
} rtk_spread;

/* Quantile q of n values, between neighbours; n in 1 .. RTK_QUANTILES_MAX.
 * MT-Safe. */
double rtk_quantile(const double *x, size_t n, double q);

/* The 10th percentile, the quartiles, the median and its interval.
 * MT-Safe. */
rtk_spread rtk_spread_of(const double *x, size_t n);

#endif
