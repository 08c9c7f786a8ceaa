#ifndef RTK_KDTREE_BUILD_H
#define RTK_KDTREE_BUILD_H

/* How a tree is made, for its files alone. The points themselves are moved, not
 * an index of them: a small tree of a sample sends each into a bucket that fits
 * into a cache, the buckets are cut by themselves, and the cuts are joined.
 * What is done in parallel depends on the problem, and writes places of its
 * own: the tree is the same for any number of workers. */

#include "kernels/spatial/kdtree_tree.h"

/* Points that are cut together, and their cuts in preorder; the points lie
 * dimension by dimension in the order of the leaves. A leaf's dim is its number
 * of points here, its right counts from the bucket's first fork. */
typedef struct rtk_kdtree_bucket {
    size_t count, depth; /* cuts above it */
    void *x;             /* count * d numbers, as points one by one at first */
    int64_t *id;
    size_t leaf; /* most points of a leaf */

    rtk_kdtree_fork *forks; /* owned */
    size_t n_forks, room, deepest, at;
} rtk_kdtree_bucket;

enum { RTK_KDTREE_LOCKSTEP = 8 }; /* points that descend side by side */

/* What is done about a row on its way. */
typedef enum rtk_kdtree_load {
    RTK_KDTREE_COPY,  /* nothing */
    RTK_KDTREE_CHECK, /* whether it is finite, and in the periods if any */
    RTK_KDTREE_WRAP   /* whether it is finite; it is brought into the periods */
} rtk_kdtree_load;

/* What depends on the kind of numbers. */
typedef struct rtk_kdtree_maker {
    /* Copy row `i` of `a` to x. Returns whether it is good, as far as that was
     * asked. */
    bool (*load)(const rtk_kdtree *tree, const rtk_array *a, size_t i,
                 rtk_kdtree_load mode, void *x);
    /* The forks of the leaves that RTK_KDTREE_LOCKSTEP points fall in. */
    void (*descend)(const rtk_kdtree_fork *forks, size_t d, const void *x,
                    uint32_t *leaf);
    /* Cut a bucket. Returns RTK_OK or RTK_ENOMEM. */
    rtk_status (*cut)(rtk_kdtree_bucket *bucket, size_t d,
                      rtk_kdtree_split split);
    /* Move a bucket's points into leaves; `first` is its first fork in `tree`.
     */
    void (*pack)(rtk_kdtree *tree, size_t first,
                 const rtk_kdtree_bucket *bucket);
    /* Set the boxes of the kids of a node that are leaves, or those that are
     * not, from theirs. */
    void (*measure)(rtk_kdtree *tree, size_t node);
    void (*join)(rtk_kdtree *tree, size_t node);
} rtk_kdtree_maker;

extern const rtk_kdtree_maker rtk_kdtree_maker_double, rtk_kdtree_maker_float;

/* The maker for `tree`. MT-Safe. */
static inline const rtk_kdtree_maker *
rtk_kdtree_maker_of(const rtk_kdtree *tree) {
    return tree->number == RTK_FLOAT ? &rtk_kdtree_maker_float
                                     : &rtk_kdtree_maker_double;
}

/* Fill a tree whose number, n, d, leaf, split and period are set.
 *
 *   points     checked to be n x d
 *   effective  out: as in rtk_kdtree_new()
 *
 * What it leaves after a failure rtk_kdtree_free() releases. Returns RTK_OK,
 * RTK_EINVAL, RTK_ENOMEM or RTK_EUNSUPPORTED. MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_build(rtk_kdtree *tree,
                                        const rtk_array *points,
                                        int64_t workers, unsigned *effective);

/* Set the nodes over a tree's forks and leaves: kids and totals, but no boxes.
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_widen(rtk_kdtree *tree);

#endif
