#ifndef RTK_DISCREPANCY_ROWS_H
#define RTK_DISCREPANCY_ROWS_H

/* The inner loops of discrepancies, for several sets of instructions. Internal
 * to stats/. */

#include <stddef.h>

#include "kernels/stats/discrepancy.h"

typedef struct rtk_discrepancy_points {
    const double *x; /* coordinate k of all points, then of the next */
    size_t n, d;
} rtk_discrepancy_points;

/* The sum over pairs of point i: with itself once, with those behind it twice.
 * MT-Safe. */
double rtk_discrepancy_row(const rtk_discrepancy_points *w,
                           rtk_discrepancy_kind kind, size_t i);

/* The same on a CPU with AVX2. MT-Safe. */
double rtk_discrepancy_row_avx2(const rtk_discrepancy_points *w,
                                rtk_discrepancy_kind kind, size_t i);

#endif
