#ifndef RTK_KDTREE_CLOUD_H
#define RTK_KDTREE_CLOUD_H

/* The points and queries of spatial.kdtree, drawn from seeds, and what all
 * points say of an answer: sums of powers in the points' own numbers, so that
 * ties are ties, and indices must be equal; the distances are held against
 * double. */

#include <stddef.h>
#include <stdint.h>

#include "harness/subject.h"

/* The subject's parameters. */
enum {
    RTK_CLOUD_TYPE,
    RTK_CLOUD_N,
    RTK_CLOUD_D,
    RTK_CLOUD_M,
    RTK_CLOUD_K,
    RTK_CLOUD_POWER,
    RTK_CLOUD_LATTICE,
    RTK_CLOUD_PERIOD,
    RTK_CLOUD_PARAMS
};

enum { RTK_CLOUD_DIMENSIONS_MOST = 30 };

/* Points lie in a cube of this length, which is the period, too. */
#define RTK_CLOUD_SIDE 4.0

/* A parameter that counts something. MT-Safe. */
static inline size_t rtk_cloud_extent(const rtk_args *args, int which) {
    return (size_t)args->value[which];
}

/* Coordinate or distance `i` of an array of the points' numbers. MT-Safe. */
double rtk_cloud_at(const rtk_args *args, const void *data, size_t i);

/* Write `count` coordinates. MT-Safe. */
void rtk_cloud_draw(const rtk_host *host, const rtk_args *args, void *data,
                    size_t count, uint64_t seed);

/* The points of the tree that all share, for free(); NULL: no memory.
 * MT-Safe. */
void *rtk_cloud_shared(const rtk_host *host, const rtk_args *args);

/* A radius about some RTK_CLOUD_K points of those that lie anywhere. MT-Safe.
 */
double rtk_cloud_radius(const rtk_args *args);

/* A point and how far it is. */
typedef struct rtk_cloud_hit {
    double sum; /* of powers */
    size_t id;
} rtk_cloud_hit;

/* The error of row `r` of an answer.
 *
 *   sorted  all points, the nearest first
 *
 * MT-Safe. */
typedef double rtk_cloud_error(const rtk_args *args, const rtk_views *views,
                               size_t r, const rtk_cloud_hit *sorted);

/* Of distances and indices; of counts within the radius. MT-Safe. */
rtk_cloud_error rtk_cloud_nearest_error, rtk_cloud_count_error;

/* The largest error of an answer to the queries in view 0.
 *
 *   points  RTK_CLOUD_N of them; NULL: no memory
 *   truth   out
 *
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
rtk_status rtk_cloud_compare(const rtk_args *args, const rtk_views *views,
                             const void *points, rtk_cloud_error *error,
                             rtk_truth *truth);

#endif
