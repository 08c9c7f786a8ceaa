#include "kernels/subjects/qmc_laws.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/subjects/subjects.h"

/* ---- Strata ----------------------------------------------------------------
 */

/* Whether each of n boxes has one of the n points: 2^a intervals of the first
 * column, n / 2^a of the second one. */
static bool stratified(const double *x, size_t n, size_t row, size_t one,
                       size_t other, unsigned a, unsigned char *seen) {
    size_t wide = (size_t)1 << a, high = n / wide;
    memset(seen, 0, n);
    for (size_t i = 0; i < n; i++) {
        double u = x[i * row + one], v = x[i * row + other];
        if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return false;
        size_t box =
            (size_t)(u * (double)wide) * high + (size_t)(v * (double)high);
        if (seen[box]++) return false;
    }
    return true;
}

bool rtk_qmc_is_sobol(const double *x, size_t n, size_t d,
                      unsigned char *seen) {
    for (size_t i = 0; i < n * d; i++)
        if (x[i] * 0x1p30 != floor(x[i] * 0x1p30)) return false;
    for (unsigned a = 0; d > 1 && n >> a; a++)
        if (!stratified(x, n, d, 0, 1, a, seen)) return false;
    for (size_t k = 0; k < d; k++)
        if (!stratified(x, n, d, k, k, 0, seen)) return false;
    return true;
}

bool rtk_qmc_is_latin(const double *x, size_t n, size_t d, bool centred,
                      unsigned char *seen) {
    for (size_t k = 0; k < d; k++)
        if (!stratified(x, n, d, k, k, 0, seen)) return false;
    for (size_t i = 0; centred && i < n * d; i++) {
        double at = x[i] * (double)n - 0.5; /* exact for powers of two */
        if (at != floor(at)) return false;
    }
    return true;
}

/* ---- Digits ----------------------------------------------------------------
 */

static long double backwards(uint64_t index, uint64_t base) {
    long double value = 0, weight = 1;
    for (; index; index /= base) {
        weight /= (long double)base;
        value += (long double)(index % base) * weight;
    }
    return value;
}

static uint64_t next_prime(uint64_t p) {
    for (bool prime = false; !prime;) {
        prime = true;
        p++;
        for (uint64_t q = 2; q * q <= p; q++) prime &= p % q != 0;
    }
    return p;
}

double rtk_qmc_halton_error(const double *x, size_t n, size_t d, uint64_t first,
                            size_t *where) {
    uint64_t base = 1;
    double error = 0;
    *where = 0;
    for (size_t k = 0; k < d; k++) {
        base = next_prime(base);
        for (size_t i = 0; i < n; i++) {
            long double want = backwards(first + i, base);
            double off =
                (double)fabsl((long double)x[i * d + k] - want) / DBL_EPSILON;
            if (!rtk_is_worse(error, off)) continue;
            error = off;
            *where = i;
        }
    }
    return error;
}

/* ---- Distances -------------------------------------------------------------
 */

/* The least distance of a place to the first n points. */
static double nearest(const double *x, size_t n, size_t d, const double *at) {
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double square = 0;
        for (size_t k = 0; k < d; k++)
            square += (x[i * d + k] - at[k]) * (x[i * d + k] - at[k]);
        least = square < least ? square : least;
    }
    return sqrt(least);
}

bool rtk_qmc_is_poisson_disk(const double *x, size_t rows, size_t d,
                             double radius, size_t *count) {
    size_t n = 0, corners = (size_t)1 << d;
    double at[8 * sizeof corners];
    while (n < rows && !isnan(x[n * d])) n++;
    *count = n;
    for (size_t e = 0; e < rows * d; e++)
        if (e < n * d ? !(x[e] >= 0 && x[e] < 1) : !isnan(x[e])) return false;
    for (size_t i = 1; i < n; i++)
        if (!(nearest(x, i, d, x + i * d) >= radius * (1 - 1e-12)))
            return false;
    for (size_t corner = 0; corner < corners; corner++) {
        for (size_t k = 0; k < d; k++) at[k] = (double)(corner >> k & 1);
        if (!(nearest(x, n, d, at) <= radius * (1 + 1e-5))) return false;
    }
    return true;
}

/* ---- Discrepancies ---------------------------------------------------------
 */

/* As scipy.stats.qmc.discrepancy() defines them: a point's factor, a pair's. */
static long double single(rtk_discrepancy_kind kind, long double x) {
    long double a = fabsl(x - 0.5L);
    switch (kind) {
    case RTK_DISCREPANCY_CD: return 1 + a / 2 - a * a / 2;
    case RTK_DISCREPANCY_MD: return 5 / 3.0L - a / 4 - a * a / 4;
    case RTK_DISCREPANCY_L2_STAR: return 1 - x * x;
    default: return 0;
    }
}

static long double pair(rtk_discrepancy_kind kind, long double x,
                        long double y) {
    long double a = fabsl(x - 0.5L), b = fabsl(y - 0.5L), e = fabsl(x - y);
    switch (kind) {
    case RTK_DISCREPANCY_CD: return 1 + a / 2 + b / 2 - e / 2;
    case RTK_DISCREPANCY_WD: return 1.5L - e * (1 - e);
    case RTK_DISCREPANCY_MD:
        return 15 / 8.0L - a / 4 - b / 4 - 3 * e / 4 + e * e / 2;
    default: return 1 - fmaxl(x, y);
    }
}

long double rtk_qmc_discrepancy(const double *x, size_t n, size_t d,
                                rtk_discrepancy_kind kind) {
    long double singles = 0, pairs = 0, all = (long double)n;
    for (size_t i = 0; i < n; i++) {
        long double product = 1;
        for (size_t k = 0; k < d; k++) product *= single(kind, x[i * d + k]);
        singles += product / all;
        for (size_t j = 0; j < n; j++) {
            product = 1;
            for (size_t k = 0; k < d; k++)
                product *= pair(kind, x[i * d + k], x[j * d + k]);
            pairs += product / all / all;
        }
    }
    long double e = (long double)d;
    switch (kind) {
    case RTK_DISCREPANCY_CD: return powl(13 / 12.0L, e) - 2 * singles + pairs;
    case RTK_DISCREPANCY_WD: return -powl(4 / 3.0L, e) + pairs;
    case RTK_DISCREPANCY_MD: return powl(19 / 12.0L, e) - 2 * singles + pairs;
    default: return sqrtl(powl(3, -e) - powl(2, 1 - e) * singles + pairs);
    }
}
