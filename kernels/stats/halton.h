#ifndef RTK_HALTON_H
#define RTK_HALTON_H

/* Halton's sequence: the radical inverse of the index in the first primes, one
 * for each dimension; plain, or with permuted digits (Owen 2017, arXiv
 * 1706.02808), as in scipy.stats.qmc.Halton. A sequence is never changed once
 * made. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_HALTON_DIMENSIONS = 10000 };

typedef struct rtk_halton rtk_halton;

/* How a sequence is made; all zero but the first two is the default. */
typedef struct rtk_halton_options {
    size_t size;       /* sizeof(rtk_halton_options) */
    size_t dimensions; /* 1 .. RTK_HALTON_DIMENSIONS */
    int scramble;      /* 1: a random permutation for each digit of each base */
    uint64_t seed;     /* of these */
} rtk_halton_options;

/* Make a sequence.
 *
 *   halton  out, on success only; release it with rtk_halton_free()
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_halton_new(rtk_halton **halton,
                                      const rtk_halton_options *options);

/* Release `halton`; NULL is allowed. MT-Unsafe race:halton. */
void rtk_halton_free(rtk_halton *halton);

/* Write points first .. first+n-1; point 0 of a plain sequence is the origin.
 *
 *   points     n rows of `dimensions` coordinates, each in [0, 1)
 *   workers    by the grammar of workers.h; they share the points
 *   effective  out, may be NULL: how many workers there could be
 *
 * Equal bits for any number of workers and any split of the points into calls.
 * Returns RTK_OK, RTK_EINVAL (an index beyond 2^64, no `points`, or `workers`)
 * or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_halton_draw(const rtk_halton *halton, uint64_t first,
                                       size_t n, double *points,
                                       int64_t workers, unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
