#ifndef RTK_BINOMIAL_H
#define RTK_BINOMIAL_H

/* What `k` of `n` says of the rate behind it: exact, for any n. */

#include <stdbool.h>
#include <stdint.h>

/* Probability of at most `k` of `n` at the rate `p`, 0 <= p <= 1. 1 for
 * k >= n. MT-Safe. */
double rtk_binomial_cdf(uint64_t k, uint64_t n, double p);

/* One-sided bounds of the rate behind `k` of `n`, k <= n, after Clopper and
 * Pearson: a lower rate than the first would have given as many as `k` with a
 * probability of less than 1 - `confidence`, a higher one than the second as
 * few. 0 and 1 where nothing is known (n = 0, and k = 0 or k = n).
 *
 *   confidence  above 0, below 1
 *
 * MT-Safe. */
double rtk_binomial_low(uint64_t k, uint64_t n, double confidence);
double rtk_binomial_high(uint64_t k, uint64_t n, double confidence);

/* The ranks, 1 .. n, of the ordered values of a sample between which the median
 * of what was sampled lies with a probability of at least `confidence`; the
 * closest such pair that is symmetric.
 *
 *   low, high  out: low + high = n + 1
 *   covered    out: the probability
 *
 * False when n values cannot promise as much: then it is the smallest and the
 * largest, with what they promise; n = 0 gives 0, 0 and 0. MT-Safe. */
bool rtk_median_ranks(uint64_t n, double confidence, uint64_t *low,
                      uint64_t *high, double *covered);

#endif
