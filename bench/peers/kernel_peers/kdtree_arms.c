/* Our trees, for kernel-peers. */

#include <stdlib.h>

#include "bench/peers/kernel_peers/neighbours_arms.h"
#include "kernels/spatial/kdtree.h"

typedef struct kdtree_arm {
    rtk_peer_arm arm;
    rtk_neighbours_spec spec;
    rtk_array points, queries;
    double *distances;
    int64_t *indices;
    rtk_kdtree *tree;
    int shares; /* 1: the tree is another arm's */
} kdtree_arm;

static int build(rtk_peer_arm *arm) {
    kdtree_arm *a = (kdtree_arm *)arm;
    rtk_kdtree_free(a->tree);
    a->tree = NULL;
    return (int)rtk_kdtree_new(&a->tree, &a->points, NULL, a->spec.workers,
                               NULL);
}

static int ask(rtk_peer_arm *arm) {
    const kdtree_arm *a = (const kdtree_arm *)arm;
    return (int)rtk_kdtree_nearest(a->tree, &a->queries, a->spec.k, NULL,
                                   a->spec.workers, a->distances, a->indices,
                                   NULL);
}

static void drop(rtk_peer_arm *arm) {
    kdtree_arm *a = (kdtree_arm *)arm;
    if (!a->shares) rtk_kdtree_free(a->tree);
    free(a->indices);
    free(a);
}

static rtk_array rows(uint64_t n, uint64_t d, const double *data) {
    size_t shape[] = {n, d};
    return rtk_array_dense(RTK_DOUBLE, 2, shape, (void *)(uintptr_t)data);
}

rtk_peer_arm *rtk_kdtree_arm(const rtk_neighbours_spec *spec,
                             const double *points, const double *queries,
                             double *distances, const rtk_peer_arm *like) {
    kdtree_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->arm.call = spec->is_build ? build : ask;
    a->arm.drop = drop;
    a->spec = *spec;
    a->points = rows(spec->n, spec->d, points);
    a->queries = rows(spec->queries, spec->d, queries);
    a->distances = distances;
    a->indices = calloc(spec->queries * spec->k + 1, sizeof *a->indices);
    a->shares = like != NULL;
    if (like) a->tree = ((const kdtree_arm *)like)->tree;
    if (a->indices && (spec->is_build || like || !build(&a->arm)))
        return &a->arm;
    drop(&a->arm);
    return NULL;
}
