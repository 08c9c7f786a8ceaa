/* Nodes of up to eight kids over the cuts: a binary subtree becomes one node
 * when it has at most eight leaves, and a larger one is opened until what is
 * below each kid has room in nodes that are full. */

#include <stdlib.h>

#include "kernels/spatial/kdtree_build.h"

/* A subtree: forks first .. end-1, in preorder. */
typedef struct span {
    size_t first, end;
} span;

static size_t leaves(span s) {
    return (s.end - s.first + 1) / 2;
}

/* The largest power of eight below `n`, 1 at least. */
static size_t share(size_t n) {
    size_t each = 1;
    while (each * RTK_KDTREE_WIDE < n) each *= RTK_KDTREE_WIDE;
    return each;
}

/* The kid with most leaves, if it has more than `each`; else `n`. */
static size_t largest(const span *kids, size_t n, size_t each) {
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        if (leaves(kids[i]) <= each) continue;
        if (best == n || leaves(kids[i]) > leaves(kids[best])) best = i;
    }
    return best;
}

/* Open a subtree into kids, in order. Returns how many. */
static size_t open_up(const rtk_kdtree *t, span whole, span *kids) {
    size_t n = 1, each = share(leaves(whole));
    kids[0] = whole;
    while (n < RTK_KDTREE_WIDE) {
        size_t at = largest(kids, n, each);
        if (at == n) break;
        span s = kids[at];
        size_t right = t->forks[s.first].right;
        for (size_t i = n; i > at + 1; i--) kids[i] = kids[i - 1];
        kids[at] = (span){s.first + 1, right};
        kids[at + 1] = (span){right, s.end};
        n++;
    }
    return n;
}

/* Nodes in the order of their depth; `below` is what each has under it. Leaves
 * without points, which a bucket that nothing fell in leaves, are left out. */
static void link_all(rtk_kdtree *t, span *below) {
    span kids[RTK_KDTREE_WIDE];
    below[0] = (span){0, t->n_forks};
    t->n_nodes = 1;
    for (size_t node = 0; node < t->n_nodes; node++) {
        rtk_kdtree_ref *ref = t->kids + node * RTK_KDTREE_WIDE;
        size_t n = open_up(t, below[node], kids);
        for (size_t i = 0; i < n; i++) {
            rtk_kdtree_ref leaf = t->home[kids[i].first];
            if (leaf && !rtk_kdtree_points(leaf)) continue;
            if (!leaf) below[t->n_nodes] = kids[i];
            *ref++ = leaf ? leaf : (rtk_kdtree_ref)t->n_nodes++ << 1;
        }
    }
}

static void add_up(rtk_kdtree *t) {
    for (size_t node = t->n_nodes; node-- > 0;) {
        const rtk_kdtree_ref *ref = t->kids + node * RTK_KDTREE_WIDE;
        t->totals[node] = 0;
        for (size_t i = 0; i < RTK_KDTREE_WIDE; i++)
            t->totals[node] += rtk_kdtree_is_leaf(ref[i])
                                   ? rtk_kdtree_points(ref[i])
                               : ref[i] ? t->totals[rtk_kdtree_node(ref[i])]
                                        : 0;
    }
}

/* A node has two leaves below it at least, but for the root; so there are fewer
 * nodes than leaves. */
rtk_status rtk_kdtree_widen(rtk_kdtree *t) {
    span *below = rtk_kdtree_room_new(t->n_leaves + 1, sizeof *below);
    t->kids = calloc((t->n_leaves + 1) * RTK_KDTREE_WIDE, sizeof *t->kids);
    if (!below || !t->kids) {
        free(below);
        return RTK_ENOMEM;
    }
    link_all(t, below);
    free(below);
    t->totals = rtk_kdtree_room_new(t->n_nodes, sizeof *t->totals);
    rtk_kdtree_ref *kids =
        realloc(t->kids, t->n_nodes * RTK_KDTREE_WIDE * sizeof *kids);
    if (kids) t->kids = kids;
    if (!t->totals || !kids) return RTK_ENOMEM;
    add_up(t);
    return RTK_OK;
}
