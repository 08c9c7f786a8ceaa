#ifndef RTK_LAPACK_QUERY_H
#define RTK_LAPACK_QUERY_H

/* How much memory LAPACK wants to work in: asked for in each call, as it
 * depends on the lengths. Internal to linalg/. */

#include "kernels/array/array.h"

/* Length of the routines whose work grows with its square, at most: beyond it
 * their sizes do not fit into the library's integers. */
enum { RTK_LAPACK_SQUARE_MOST = 20000 };

/* The number that a query left in work[0], rounded up, at least 1.
 *
 *   number  of work[0]
 *   size    raised to it, if it is less
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED when it is beyond int. MT-Safe. */
RTK_CHECKED rtk_status rtk_lapack_size(rtk_number number, const void *work,
                                       int *size);

/* A leading dimension for so many rows: 1 at least. MT-Safe. */
static inline int rtk_leading(int rows) {
    return rows > 0 ? rows : 1;
}

#endif
