#ifndef RTK_POISSON_CELLS_H
#define RTK_POISSON_CELLS_H

/* The unit cube in equal cells, each with at most one point of a Poisson disk
 * set, and what is near to a cell. Internal to stats/. */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernels/stats/poisson_disk.h"

typedef struct rtk_poisson_cells {
    size_t d;            /* dimensions */
    double radius, side; /* side: of a cell, whose diagonal is at most radius */
    size_t across, count; /* cells along an axis, and all */
    size_t reach;         /* how many cells away a point may matter */
    double *point;        /* one for each cell, NaN when it has none */
} rtk_poisson_cells;

/* Make the cells, without points.
 *
 *   d       1 .. RTK_POISSON_DISK_DIMENSIONS_MAX
 *   radius  above 0
 *
 * Returns RTK_OK or RTK_ENOMEM; after either release them by free(point).
 * MT-Unsafe race:cells. */
RTK_CHECKED rtk_status rtk_poisson_cells_make(rtk_poisson_cells *cells,
                                              size_t d, double radius);

/* Whether cell number `cell`, in C order, has a point. MT-Safe. */
static inline bool rtk_poisson_cells_taken(const rtk_poisson_cells *cells,
                                           size_t cell) {
    return !isnan(cells->point[cell * cells->d]);
}

/* Digits of `number` to base `across`, the last one first. MT-Safe. */
void rtk_poisson_digits(size_t number, size_t across, size_t d, size_t *digits);

/* base^exponent, or SIZE_MAX. MT-Safe. */
size_t rtk_poisson_power(size_t base, size_t exponent);

/* What is near to a cell: the points that are nearer than the radius to any
 * place in it. */
typedef struct rtk_poisson_vicinity {
    size_t at[RTK_POISSON_DISK_DIMENSIONS_MAX];  /* where the cell is, */
    double low[RTK_POISSON_DISK_DIMENSIONS_MAX]; /* its lower corner */
    size_t count;
    double *points;
} rtk_poisson_vicinity;

/* Get memory for any cell's.
 * Returns RTK_OK or RTK_ENOMEM; release it by free(points).
 * MT-Unsafe race:vicinity. */
RTK_CHECKED rtk_status rtk_poisson_vicinity_make(
    rtk_poisson_vicinity *vicinity, const rtk_poisson_cells *cells);

/* Look at the cells that are `reach` or less from `cell` along each axis.
 * MT-Unsafe race:vicinity. */
void rtk_poisson_look_around(const rtk_poisson_cells *cells, size_t cell,
                             rtk_poisson_vicinity *vicinity);

/* Whether a point near to a cell has all of a box in it nearer than the radius:
 * its centre, and half the length of its sides, which is 0 for a place.
 * MT-Safe. */
bool rtk_poisson_is_covered(const rtk_poisson_cells *cells,
                            const rtk_poisson_vicinity *vicinity,
                            const double *centre, double half);

#endif
