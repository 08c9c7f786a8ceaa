#ifndef RTK_LATIN_HYPERCUBE_H
#define RTK_LATIN_HYPERCUBE_H

/* Latin hypercubes: n points of the unit cube of which, in each coordinate, one
 * lies in each of n equal intervals (McKay, Beckman and Conover 1979), as in
 * scipy.stats.qmc.LatinHypercube. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which one; all zero but the size is the default. */
typedef struct rtk_latin_options {
    size_t size; /* sizeof(rtk_latin_options) */
    int centred; /* 1: points lie in the middle of their intervals; 0:
                    anywhere in them */
    unsigned
        strength; /* 0 or 1: as said above. 2: n is the square of a prime p,
                     and of each pair of coordinates, one point lies in each
                     of p x p equal squares, too; at most p + 1 dimensions
                     (Tang 1993, on orthogonal arrays of Bose 1938) */
    uint64_t seed;
} rtk_latin_options;

/* Draw one.
 *
 *   points     out: n rows of d coordinates, each in [0, 1)
 *   n, d       1 or more; n at most 2^32 - 1
 *   options    NULL: the default
 *   workers    by the grammar of workers.h; they share the dimensions
 *   effective  out, may be NULL: how many workers there could be
 *
 * Equal bits for any number of workers, and equal columns for any d > their
 * number. Returns RTK_OK, RTK_EINVAL (no points, a strength other than 1 and 2,
 * or lengths that it does not have), or RTK_ENOMEM; `points` may then be
 * partly written. MT-Safe. */
RTK_CHECKED rtk_status rtk_latin_hypercube(double *points, size_t n, size_t d,
                                           const rtk_latin_options *options,
                                           int64_t workers,
                                           unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
