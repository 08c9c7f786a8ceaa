#ifndef RTK_POISSON_DISK_H
#define RTK_POISSON_DISK_H

/* Poisson disk sampling: random points of the unit cube of which no two are
 * nearer to each other than a radius, as many as fit in: no place is left that
 * is not nearer than the radius to one of them, but for gaps below 2^-20 of it.
 * As scipy.stats.qmc.PoissonDisk, which leaves larger gaps.
 *
 * By random darts at shrinking boxes that are not yet covered (Ebeida et al.
 * 2012, "A Simple Algorithm for Maximal Poisson-Disk Sampling in High
 * Dimensions"), in places that are too far apart to matter to each other at the
 * same time (Wei 2008, "Parallel Poisson Disk Sampling"). */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_POISSON_DISK_DIMENSIONS_MAX = 6 };

typedef struct rtk_poisson_disk_options {
    size_t size;       /* sizeof(rtk_poisson_disk_options) */
    size_t dimensions; /* 1 .. RTK_POISSON_DISK_DIMENSIONS_MAX */
    double radius;     /* above 0 */
    uint64_t seed;
    int64_t workers;     /* by the grammar of workers.h; 0 is refused */
    unsigned *effective; /* out, may be NULL: how many workers there could be */
} rtk_poisson_disk_options;

/* Points that are drawn; they do not change. */
typedef struct rtk_poisson_disk rtk_poisson_disk;

/* Draw points. Equal bits for any number of workers.
 *
 *   set  out, on success only; release it with rtk_poisson_disk_free()
 *
 * Takes about (sqrt(dimensions) / radius)^dimensions times 8 (dimensions + 1)
 * bytes. Returns RTK_OK, RTK_EINVAL, or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_poisson_disk_new(
    rtk_poisson_disk **set, const rtk_poisson_disk_options *options);

/* How many points there are: 1 or more. MT-Safe. */
size_t rtk_poisson_disk_count(const rtk_poisson_disk *set);

/* The points, a row each, coordinates in [0, 1), in random order: the first m
 * are a random choice of all. They belong to the set. MT-Safe. */
const double *rtk_poisson_disk_points(const rtk_poisson_disk *set);

/* Release `set`; NULL is allowed. MT-Unsafe race:set. */
void rtk_poisson_disk_free(rtk_poisson_disk *set);

#ifdef __cplusplus
}
#endif

#endif
