#ifndef RTK_QMC_LAWS_H
#define RTK_QMC_LAWS_H

/* What must hold for points and discrepancies, by definitions alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/stats/discrepancy.h"

/* Whether n points, 2^m of them, of d coordinates are a block of a Sobol
 * sequence of 30 bits: each of 2^m equal boxes of any shape over the first two
 * dimensions has one, and each of 2^m intervals of every other.
 *
 *   seen  n bytes to work in
 *
 * MT-Safe. */
bool rtk_qmc_is_sobol(const double *x, size_t n, size_t d, unsigned char *seen);

/* The largest error, in roundings of 1, of points from number `first` on of
 * Halton's sequence, whose coordinates are digits read backwards.
 *
 *   where  out: which point it is
 *
 * MT-Safe. */
double rtk_qmc_halton_error(const double *x, size_t n, size_t d, uint64_t first,
                            size_t *where);

/* Whether, in each coordinate, one of n points lies in each of n equal
 * intervals; in their middles, if n is a power of two and they are `centred`.
 *
 *   seen  n bytes to work in
 *
 * MT-Safe. */
bool rtk_qmc_is_latin(const double *x, size_t n, size_t d, bool centred,
                      unsigned char *seen);

/* Whether the rows, which end with rows of NaN, are a Poisson disk set: no two
 * points nearer than the radius, and no corner of the cube farther from all.
 *
 *   count  out: how many points there are
 *
 * MT-Safe. */
bool rtk_qmc_is_poisson_disk(const double *x, size_t rows, size_t d,
                             double radius, size_t *count);

/* The discrepancy of n points as a sum over all pairs. MT-Safe. */
long double rtk_qmc_discrepancy(const double *x, size_t n, size_t d,
                                rtk_discrepancy_kind kind);

#endif
