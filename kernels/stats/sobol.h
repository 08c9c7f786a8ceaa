#ifndef RTK_SOBOL_H
#define RTK_SOBOL_H

/* Sobol's sequence in up to 21201 dimensions, plain or scrambled.
 *
 * Direction numbers: S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008), the
 * table new-joe-kuo-6.21201. Order of points: Gray code, as in
 * scipy.stats.qmc.Sobol. A sequence is never changed once made. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_SOBOL_DIMENSIONS = 21201, RTK_SOBOL_BITS = 64 };

typedef struct rtk_sobol rtk_sobol;

/* How a sequence is made; all zero but the first two is the default. */
typedef struct rtk_sobol_options {
    size_t size;       /* sizeof(rtk_sobol_options) */
    size_t dimensions; /* 1 .. RTK_SOBOL_DIMENSIONS */
    unsigned bits;     /* of a coordinate, 1 .. RTK_SOBOL_BITS; 0: 30. There are
                          2^bits points */
    int scramble;      /* 1: by a random lower triangular matrix and a random
                          digital shift (Matousek 1998) */
    uint64_t seed;     /* of these */
} rtk_sobol_options;

/* Make a sequence.
 *
 *   sobol  out, on success only; release it with rtk_sobol_free()
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_sobol_new(rtk_sobol **sobol,
                                     const rtk_sobol_options *options);

/* Release `sobol`; NULL is allowed. MT-Unsafe race:sobol. */
void rtk_sobol_free(rtk_sobol *sobol);

/* Write points first .. first+n-1.
 *
 *   points     n rows of `dimensions` coordinates, each in [0, 1); what is
 *              beyond double's precision is cut off
 *   workers    by the grammar of workers.h; they share the points
 *   effective  out, may be NULL: how many workers there could be
 *
 * Equal bits for any number of workers and any split of the points into calls.
 * Returns RTK_OK, or RTK_EINVAL: a point beyond the last, no `points`, or
 * `workers`. MT-Safe. */
RTK_CHECKED rtk_status rtk_sobol_draw(const rtk_sobol *sobol, uint64_t first,
                                      size_t n, double *points, int64_t workers,
                                      unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
