#ifndef RTK_NEIGHBOURS_ARMS_H
#define RTK_NEIGHBOURS_ARMS_H

/* Trees over rows of double and their nearest neighbours: ours and nanoflann's.
 */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_neighbours_spec {
    uint64_t n, d; /* points, dimensions */
    uint64_t queries, k;
    unsigned workers; /* share the queries, or the build where it can */
    int is_build;     /* 1: a call makes the tree; 0: it asks all queries */
} rtk_neighbours_spec;

/* Version of nanoflann, as it writes it: 0xMmp. MT-Safe. */
RTK_PEER_API unsigned rtk_nanoflann_version(void);

/* points, queries  rows of double
 * distances        queries x k, written by a call, rising; nanoflann's squared
 * like             NULL, or an arm whose tree over these points is shared; it
 * is dropped after this one was last called
 *
 * Returns the arm, or NULL: no memory, or not these dimensions. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_nanoflann_arm(const rtk_neighbours_spec *spec,
                                             const double *points,
                                             const double *queries,
                                             double *distances,
                                             const rtk_peer_arm *like);

/* The same, ours. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_kdtree_arm(const rtk_neighbours_spec *spec,
                                          const double *points,
                                          const double *queries,
                                          double *distances,
                                          const rtk_peer_arm *like);

#ifdef __cplusplus
}
#endif

#endif
