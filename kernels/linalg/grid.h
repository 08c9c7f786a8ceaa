#ifndef RTK_GRID_H
#define RTK_GRID_H

/* One matrix of a batch, wherever its elements lie. Internal to linalg/. */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/array/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A vector has one column. */
typedef struct rtk_grid {
    char *data;
    size_t rows, columns;
    ptrdiff_t down, across; /* bytes to the next row, the next column */
    rtk_number number;
} rtk_grid;

/* Column after column without gaps, as LAPACK wants it. MT-Safe. */
rtk_grid rtk_grid_of_columns(rtk_number number, size_t rows, size_t columns,
                             void *data);

/* Row after row without gaps. MT-Safe. */
rtk_grid rtk_grid_of_rows(rtk_number number, size_t rows, size_t columns,
                          void *data);

/* Its first so many rows and columns. MT-Safe. */
rtk_grid rtk_grid_corner(rtk_grid grid, size_t rows, size_t columns);

/* Copy element by element.
 *
 *   to    as large as `from`, or larger: then its corner; complex where `from`
 *         is, of the same precision
 *   from  apart from `to`, or one and the same
 *
 * MT-Safe. */
void rtk_grid_copy(rtk_grid to, rtk_grid from);

/* rtk_grid_copy(), and whether no element of `from` is NaN or infinite.
 *
 *   to  rows or columns without gaps inside them
 *
 * MT-Safe. */
bool rtk_grid_copy_finite(rtk_grid to, rtk_grid from);

/* Set the elements on the diagonal, and all others, to real numbers; to NaN in
 * both parts. MT-Safe. */
void rtk_grid_set(rtk_grid grid, double diagonal, double others);

/* Set what lies above (or below) the diagonal to zero. MT-Safe. */
void rtk_grid_clear(rtk_grid grid, bool above);

/* Whether no element of a matrix without gaps is NaN or infinite. MT-Safe. */
bool rtk_grid_finite(rtk_grid dense);

#ifdef __cplusplus
}
#endif

#endif
