#include "stress/binomial.h"

#include <math.h>

/* log of n over k; lgamma() would write to a global. */
static double log_choose(uint64_t n, uint64_t k) {
    int sign;
    return lgamma_r((double)n + 1, &sign) - lgamma_r((double)k + 1, &sign) -
           lgamma_r((double)(n - k) + 1, &sign);
}

static double exactly(uint64_t k, uint64_t n, double p) {
    return exp(log_choose(n, k) + (double)k * log(p) +
               (double)(n - k) * log1p(-p));
}

double rtk_binomial_cdf(uint64_t k, uint64_t n, double p) {
    if (k >= n || p <= 0) return 1;
    if (p >= 1) return 0;
    /* The shorter tail; each term follows from the one before it, away from
     * the middle, so that what is lost is small. */
    bool lower = (double)k < (double)n * p;
    uint64_t i = lower ? k : k + 1;
    double term = exactly(i, n, p), sum = 0, odds = p / (1 - p);
    while (term > 0 && sum + term != sum) {
        sum += term;
        if (lower ? i == 0 : i == n) break;
        term *= lower ? (double)i / ((double)(n - i) + 1) / odds
                      : (double)(n - i) / ((double)i + 1) * odds;
        if (lower)
            i--;
        else
            i++;
    }
    return lower ? sum : 1 - sum;
}

/* The rate at which at most `k` of `n` has the probability `tail`, by halving:
 * the probability falls as the rate grows. */
static double rate(uint64_t k, uint64_t n, double tail) {
    double low = 0, high = 1;
    for (int i = 0; i < 64; i++) {
        double middle = (low + high) / 2;
        if (rtk_binomial_cdf(k, n, middle) > tail)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double rtk_binomial_low(uint64_t k, uint64_t n, double confidence) {
    return k == 0 ? 0 : rate(k - 1, n, confidence);
}

double rtk_binomial_high(uint64_t k, uint64_t n, double confidence) {
    return k >= n ? 1 : rate(k, n, 1 - confidence);
}

bool rtk_median_ranks(uint64_t n, double confidence, uint64_t *low,
                      uint64_t *high, double *covered) {
    uint64_t rank = n > 0;
    while (rank < n / 2 && 1 - 2 * rtk_binomial_cdf(rank, n, 0.5) >= confidence)
        rank++;
    *low = rank;
    *high = n ? n + 1 - rank : 0;
    /* The median lies outside when fewer than `rank` values are below it, or
     * above. One value alone promises nothing. */
    *covered = n > 1 ? 1 - 2 * rtk_binomial_cdf(rank - 1, n, 0.5) : 0;
    return *covered >= confidence;
}
