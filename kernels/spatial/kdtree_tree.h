#ifndef RTK_KDTREE_TREE_H
#define RTK_KDTREE_TREE_H

/* What the files of the tree share. For them and their tests alone.
 *
 * The cuts are a binary tree, in preorder (forks), by which a query finds the
 * leaf that it falls in. A search does not walk it: it walks nodes of up to
 * eight kids, whose boxes lie side by side and are measured together. A box is
 * the smallest that holds its points, so the distance to it, computed in the
 * order in which the distance to a point is computed, is by the monotony of
 * rounding never larger than that of any point in it: no search loses a point,
 * not even by a bit. */

#include "kernels/spatial/kdtree.h"

enum {
    RTK_KDTREE_WIDE = 8,      /* kids of a node */
    RTK_KDTREE_BOX = 16,      /* numbers of their boxes in each dimension */
    RTK_KDTREE_PAD = 8,       /* a leaf has room for a multiple of this */
    RTK_KDTREE_DEPTH_MID = 48 /* from here on cuts are medians */
};

/* One cut: x[dim] < split is on the left, which is the next fork. A leaf leads
 * to itself: its split is -infinity, its right itself. */
typedef struct rtk_kdtree_fork {
    double split;
    uint32_t right, dim;
} rtk_kdtree_fork;

/* A kid: a leaf's first slot, its number of points and a set bit, or a node's
 * number; 0 is the root. Slots are places of points. */
typedef uint64_t rtk_kdtree_ref;

/* The kid for a leaf of `count` points from `slot` on. MT-Safe. */
static inline rtk_kdtree_ref rtk_kdtree_leaf_ref(size_t slot, size_t count) {
    return (uint64_t)slot << 16 | (uint64_t)count << 1 | 1;
}
/* Whether a kid is a leaf. MT-Safe. */
static inline bool rtk_kdtree_is_leaf(rtk_kdtree_ref r) {
    return r & 1;
}
/* A leaf's first slot. MT-Safe. */
static inline size_t rtk_kdtree_slot(rtk_kdtree_ref r) {
    return (size_t)(r >> 16);
}
/* A leaf's points. MT-Safe. */
static inline size_t rtk_kdtree_points(rtk_kdtree_ref r) {
    return (size_t)(r >> 1) & 0x7fff;
}
/* A node's number. MT-Safe. */
static inline size_t rtk_kdtree_node(rtk_kdtree_ref r) {
    return (size_t)(r >> 1);
}
/* Room of a leaf of `count` points. MT-Safe. */
static inline size_t rtk_kdtree_room(size_t count) {
    return (count + RTK_KDTREE_PAD - 1) & ~(size_t)(RTK_KDTREE_PAD - 1);
}

/* Read-only once rtk_kdtree_new() has returned it. */
struct rtk_kdtree {
    rtk_number number;
    size_t n, d, leaf, depth;
    rtk_kdtree_split split;
    void *period; /* d numbers, infinite where not periodic; or NULL */

    size_t n_forks, n_leaves, n_nodes, n_slots;
    rtk_kdtree_fork *forks;
    rtk_kdtree_ref *home; /* a fork's leaf, where it is one */
    rtk_kdtree_ref *kids; /* RTK_KDTREE_WIDE a node; 0: none */
    uint64_t *totals;     /* points under each node */
    void *boxes; /* a node: lows, then highs, of kids, dimension by dimension */
    void *x;     /* a leaf: dimension by dimension; its room's rest repeats its
                    last point. NULL when borrowed */
    int64_t *ids; /* a slot's point */
    rtk_array borrowed;
};

/* What a search computes with. */
typedef enum rtk_kdtree_metric {
    RTK_KDTREE_SUM,     /* p = 1 */
    RTK_KDTREE_SQUARES, /* p = 2 */
    RTK_KDTREE_LARGEST, /* p infinite */
    RTK_KDTREE_POWERS,  /* all others */
    RTK_KDTREE_METRICS
} rtk_kdtree_metric;

typedef struct rtk_kdtree_plan {
    rtk_kdtree_metric metric;
    double p;
    double factor; /* boxes count as so much farther (eps), or, where the power
                      is not monotonic, a little nearer */
    double bound;
    bool exact; /* eps is 0 */
} rtk_kdtree_plan;

/* What one query gathers. `id` and `distance` grow. */
typedef struct rtk_kdtree_hits {
    size_t n, room;
    int64_t *id;
    void *distance; /* sums of powers; NULL unless wanted */
    bool wanted;
    int64_t after; /* only points of a higher index */
} rtk_kdtree_hits;

/* A way to measure: one for each number, metric and set of instructions. */
typedef struct rtk_kdtree_walk {
    /* Fill best and id, k each, sorted, with sums of powers not above `limit`;
     * what is missing is infinite and n. */
    void (*nearest)(const rtk_kdtree *tree, const rtk_kdtree_plan *plan,
                    const void *query, rtk_kdtree_ref home, double limit,
                    size_t k, void *best, int64_t *id);
    rtk_status (*within)(const rtk_kdtree *tree, const rtk_kdtree_plan *plan,
                         const void *query, double limit,
                         rtk_kdtree_hits *hits);
    uint64_t (*count)(const rtk_kdtree *tree, const rtk_kdtree_plan *plan,
                      const void *query, double limit);
} rtk_kdtree_walk;

#define RTK_KDTREE_WALKS(name)                                                 \
    extern const rtk_kdtree_walk name[2][RTK_KDTREE_METRICS]
/* By period or not, and metric. */
RTK_KDTREE_WALKS(rtk_kdtree_walks_double);
RTK_KDTREE_WALKS(rtk_kdtree_walks_float);
#if defined(__x86_64__)
RTK_KDTREE_WALKS(rtk_kdtree_walks_double_avx2);
RTK_KDTREE_WALKS(rtk_kdtree_walks_float_avx2);
#endif

/* The walk for a tree and a plan, with this machine's instructions. MT-Safe. */
const rtk_kdtree_walk *rtk_kdtree_walk_of(const rtk_kdtree *tree,
                                          const rtk_kdtree_plan *plan);

/* Read a search. Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_plan_make(const rtk_kdtree_search *search,
                                            rtk_kdtree_plan *plan);

/* The largest number of the tree's that is the sum of powers of a distance not
 * above `r`, or below it when `open`. Negative: there is none. MT-Safe. */
double rtk_kdtree_limit(const rtk_kdtree *tree, const rtk_kdtree_plan *plan,
                        double r, bool open);

/* Sums of powers to distances, in place. MT-Safe. */
void rtk_kdtree_roots(const rtk_kdtree *tree, const rtk_kdtree_plan *plan,
                      void *sums, size_t count);

/* Bytes of one of the tree's numbers. MT-Safe. */
static inline size_t rtk_kdtree_bytes(const rtk_kdtree *tree) {
    return tree->number == RTK_FLOAT ? sizeof(float) : sizeof(double);
}

/* `count` elements of `bytes`, on cache lines; NULL: none left, or more than
 * there can be. For free(). MT-Safe. */
void *rtk_kdtree_room_new(size_t count, size_t bytes);

#endif
