#ifndef RTK_KDTREE_QUERIES_H
#define RTK_KDTREE_QUERIES_H

/* Queries in the order in which they are best made: those that fall in leaves
 * that lie side by side one after the other, as they read the same points. For
 * the tree's files alone. */

#include "kernels/spatial/kdtree_tree.h"

enum { RTK_KDTREE_PART = 64 }; /* queries of a part of a loop */

/* Read-only while the parts of a search run. */
typedef struct rtk_kdtree_queries {
    const rtk_kdtree *tree;
    rtk_array from;
    size_t m;
    bool wrap;
    size_t *order;  /* m: visit i is row order[i] of `from` ... */
    int64_t *row;   /* ... and row row[i] of the answer; NULL: the same */
    uint32_t *fork; /* m, by row of `from`: where it falls; or NULL */
    void *own;      /* of what `from` describes; or NULL */
} rtk_kdtree_queries;

/* Check, locate and order queries.
 *
 *   q  out; release it with rtk_kdtree_queries_end(), also after a failure
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_queries_begin(rtk_kdtree_queries *q,
                                                const rtk_kdtree *tree,
                                                const rtk_array *from,
                                                int64_t workers);

/* The points of a tree as queries of another, which is not empty; as above.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_kdtree_queries_around(rtk_kdtree_queries *q,
                                                 const rtk_kdtree *tree,
                                                 const rtk_kdtree *around);

/* Release. MT-Unsafe race:q. */
void rtk_kdtree_queries_end(rtk_kdtree_queries *q);

/* Copy the coordinates of visit `i` to `x`, brought into the periods. Returns
 * its row in the answer. MT-Safe. */
size_t rtk_kdtree_visit(const rtk_kdtree_queries *q, size_t i, void *x);

/* Parts of a loop over the queries. MT-Safe. */
static inline size_t rtk_kdtree_parts(const rtk_kdtree_queries *q) {
    return q->m / RTK_KDTREE_PART + (q->m % RTK_KDTREE_PART != 0);
}

/* The visit behind the last of `part`. MT-Safe. */
static inline size_t rtk_kdtree_part_end(const rtk_kdtree_queries *q,
                                         size_t part) {
    size_t end = (part + 1) * RTK_KDTREE_PART;
    return end < q->m ? end : q->m;
}

#endif
