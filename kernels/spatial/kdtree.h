#ifndef RTK_KDTREE_H
#define RTK_KDTREE_H

/* Trees of points in up to 256 dimensions: the nearest ones, all within a
 * radius, how many, and pairs, after SciPy's KDTree.
 *
 * A tree is immutable once it is made: any number of threads may search it at
 * once. It holds the coordinates packed leaf by leaf; the caller's array may be
 * changed or freed as soon as rtk_kdtree_new() has returned, unless the tree
 * was told to borrow it.
 *
 * Distance of two points: (|x0-y0|^p + |x1-y1|^p + ...)^(1/p), in the order of
 * the dimensions and in the arithmetic of the points' own numbers: float for
 * trees of float. In a periodic dimension |x-y| is min(|x-y|, period - |x-y|).
 * A sum that overflows makes the distance infinite, and such a point is found
 * by no search; sums that underflow make points equally far.
 *
 * Ties: of points whose sums are equal the one of lower index comes first, in
 * every search, for any split, leaf size, number of workers and order of the
 * queries. Answers are therefore a function of points, query and search alone,
 * but for eps > 0, where the tree's shape counts as well.
 *
 * Queries, points, periods and radii that are not finite give RTK_EINVAL, only
 * bounds and radii may be infinite. Out-parameters, arrays too, change on
 * success only. `workers` is by the grammar of workers.h, on the process-wide
 * thread pool; answers have equal bits for any (tier A). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/array/array.h"
#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_KDTREE_DIMENSIONS_MAX = 256, RTK_KDTREE_LEAF_MAX = 1024 };

typedef struct rtk_kdtree rtk_kdtree;

/* Where a cell is cut, always across its widest extent. */
typedef enum rtk_kdtree_split {
    RTK_KDTREE_MEDIAN,  /* into halves of equal count, up to a leaf; the first
                           cuts of many points by the median of a sample */
    RTK_KDTREE_MIDPOINT /* in the middle of the points' own box: SciPy's
                           sliding midpoint. From depth 48 on as MEDIAN */
} rtk_kdtree_split;

/* How a tree is made; all zero but the size is the default. */
typedef struct rtk_kdtree_options {
    size_t size;
    rtk_kdtree_split split;
    size_t leaf;          /* most points of a leaf, 1 .. RTK_KDTREE_LEAF_MAX;
                             0: chosen by the kernel */
    const double *period; /* one for each dimension, 0 = not periodic; points
                             lie in [0, period), queries anywhere; NULL: none.
                             Copied */
    bool borrow;          /* keep no coordinates but read the caller's: half the
                             memory, slower searches; the array must stay and not
                             change while the tree lives */
} rtk_kdtree_options;

/* Make a tree.
 *
 *   tree       out, on success only; release it with rtk_kdtree_free()
 *   points     n x d, RTK_FLOAT or RTK_DOUBLE, any strides, n may be 0, d 1 ..
 *              RTK_KDTREE_DIMENSIONS_MAX; only read
 *   options    NULL: the default
 *   workers    they share the building; the same tree for any
 *   effective  out, may be NULL: how many workers the longest loop had
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_ENOMEM, or RTK_EUNSUPPORTED for more than
 * 2^31 leaves.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_new(rtk_kdtree **tree,
                                      const rtk_array *points,
                                      const rtk_kdtree_options *options,
                                      int64_t workers, unsigned *effective);

/* Release a tree that nobody searches any more; NULL is allowed.
 * MT-Unsafe race:tree. */
void rtk_kdtree_free(rtk_kdtree *tree);

/* What a tree is. */
typedef struct rtk_kdtree_info {
    size_t size;
    rtk_number number;
    size_t points, dimensions;
    size_t leaves, depth; /* cuts above the deepest leaf */
    size_t bytes;         /* of memory that it holds */
} rtk_kdtree_info;

/* Tell what `tree` is.
 *
 *   info  out
 *
 * MT-Safe. */
void rtk_kdtree_describe(const rtk_kdtree *tree, rtk_kdtree_info *info);

/* How a search measures; all zero but the size is the default, and NULL is. */
typedef struct rtk_kdtree_search {
    size_t size;
    double p;   /* Minkowski's, 1 .. infinity; 0: 2 */
    double eps; /* 0 or more. The k-th neighbour found is at most 1 + eps times
                   as far as the true one; of a radius what is farther than
                   radius / (1 + eps) may be left out */
    double bound; /* nearest: only points nearer than this; 0: no bound */
} rtk_kdtree_search;

/* The k nearest points of each query, the nearest first.
 *
 *   queries    m x d, numbers as the tree's, any strides; only read
 *   k          1 or more; may be more than there are points
 *   distances  out, m x k in C order, numbers as the tree's; NULL: not wanted
 *   indices    out, m x k in C order. Where there is no neighbour: index n and
 *              an infinite distance
 *   effective  out, may be NULL: how many workers the search could have had
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_nearest(const rtk_kdtree *tree,
                                          const rtk_array *queries, size_t k,
                                          const rtk_kdtree_search *search,
                                          int64_t workers, void *distances,
                                          int64_t *indices,
                                          unsigned *effective);

/* The value at the nearest point, for each query: nearest-neighbour
 * interpolation.
 *
 *   values     n x ..., one entry for each point, any numbers and strides; only
 *              read
 *   out        m x ..., as values; written. It overlaps no input. Where no
 *              point is nearer than search->bound: NaN
 *   queries, search, effective  as in rtk_kdtree_nearest()
 *
 * Returns RTK_OK, RTK_EINVAL (also for a tree without points) or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_interpolate(
    const rtk_kdtree *tree, const rtk_array *queries, const rtk_array *values,
    const rtk_kdtree_search *search, int64_t workers, const rtk_array *out,
    unsigned *effective);

/* In which order the points within a radius come. */
typedef enum rtk_kdtree_order {
    RTK_KDTREE_AS_FOUND, /* the tree's: the cheapest */
    RTK_KDTREE_BY_INDEX,
    RTK_KDTREE_BY_DISTANCE /* the nearest first */
} rtk_kdtree_order;

/* Which points are within which radius of what. */
typedef struct rtk_kdtree_ball {
    size_t size;
    const double *radii; /* 0 or more; a point is within a radius when its
                            distance, as rtk_kdtree_nearest() gives it, is not
                            larger */
    size_t n_radii;      /* 1, or one for each query */
    rtk_kdtree_order order;
    bool distances; /* whether they are wanted as well */
} rtk_kdtree_ball;

/* Rows of different lengths: row i is index[start[i]] .. index[start[i+1]-1].
 * Release it with rtk_kdtree_found_free(). Start it as {0}. */
typedef struct rtk_kdtree_found {
    size_t size;
    size_t rows;
    size_t *start;   /* rows + 1 */
    int64_t *index;  /* start[rows] */
    void *distances; /* beside index, numbers as the tree's; or NULL */
} rtk_kdtree_found;

/* Release what was found; it is empty then, and may be so before.
 * MT-Unsafe race:found. */
void rtk_kdtree_found_free(rtk_kdtree_found *found);

/* All points within a radius of each query.
 *
 *   found      out; row i belongs to query i
 *   queries, search, effective  as in rtk_kdtree_nearest(); bound is not used
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_within(
    const rtk_kdtree *tree, const rtk_array *queries,
    const rtk_kdtree_ball *ball, const rtk_kdtree_search *search,
    int64_t workers, rtk_kdtree_found *found, unsigned *effective);

/* How many points are within a radius of each query.
 *
 *   counts     out, one for each query: as many as rtk_kdtree_within() finds
 *   queries, ball, search, effective  as in rtk_kdtree_within()
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_count(const rtk_kdtree *tree,
                                        const rtk_array *queries,
                                        const rtk_kdtree_ball *ball,
                                        const rtk_kdtree_search *search,
                                        int64_t workers, int64_t *counts,
                                        unsigned *effective);

/* All points of one tree within a radius of each point of another: SciPy's
 * query_ball_tree().
 *
 *   tree    whose points are found
 *   around  whose points are the queries, by their indices; of the same
 *           numbers, dimensions and periods; may be `tree`
 *   ball    with one radius
 *   later   true: only points of a higher index than the query's: with `tree`
 *           itself every pair once, SciPy's query_pairs()
 *   found, search, effective  as in rtk_kdtree_within()
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_pairs(
    const rtk_kdtree *tree, const rtk_kdtree *around,
    const rtk_kdtree_ball *ball, bool later, const rtk_kdtree_search *search,
    int64_t workers, rtk_kdtree_found *found, unsigned *effective);

/* How many pairs of one point of `tree` and one of `around` are within each of
 * several radii: SciPy's count_neighbors(), without weights.
 *
 *   ball    n_radii radii, in any order
 *   counts  out, n_radii
 *   tree, around, search, effective  as in rtk_kdtree_pairs()
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_count_pairs(const rtk_kdtree *tree,
                                              const rtk_kdtree *around,
                                              const rtk_kdtree_ball *ball,
                                              const rtk_kdtree_search *search,
                                              int64_t workers, int64_t *counts,
                                              unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
