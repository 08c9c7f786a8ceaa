#ifndef RTK_NANOFLANN_ARMS_H
#define RTK_NANOFLANN_ARMS_H

/* nanoflann: trees over rows of double, nearest neighbours. */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_nanoflann_spec {
    uint64_t n, d; /* points, dimensions: 3 or 8 */
    uint64_t queries, k;
    unsigned workers; /* share the queries, or the build where it can */
    int is_build;     /* 1: a call makes the tree; 0: it asks all queries */
} rtk_nanoflann_spec;

/* Version of nanoflann, as it writes it: 0xMmp. MT-Safe. */
RTK_PEER_API unsigned rtk_nanoflann_version(void);

/* points, queries  rows of double
 * distances        queries x k, written by a call: squared, rising
 * like             NULL, or an arm whose tree over these points is shared
 *
 * Returns the arm, or NULL: no memory, or not these dimensions. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_nanoflann_arm(const rtk_nanoflann_spec *spec,
                                             const double *points,
                                             const double *queries,
                                             double *distances,
                                             const rtk_peer_arm *like);

#ifdef __cplusplus
}
#endif

#endif
