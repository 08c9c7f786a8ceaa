#ifndef RTK_BLAS_ARMS_H
#define RTK_BLAS_ARMS_H

/* Batches of small products and solves by a BLAS found by path, called bare,
 * in a given split: workers that share the batch, and threads of the BLAS. */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a BLAS is and how it calls its functions. */
typedef struct rtk_blas_place {
    const char *path;
    const char *prefix, *suffix; /* of cblas_dgemm, ... */
    const char *set_threads;     /* void (int) */
} rtk_blas_place;

typedef struct rtk_blas_spec {
    int is_solve;      /* 0: c = a b; 1: a c = b for a vector b each */
    int is_float;      /* 1: single precision */
    uint64_t n, batch; /* square matrices, row-major, contiguous */
    unsigned workers;  /* of a pool of our own that shares always */
    unsigned blas_threads;
} rtk_blas_spec;

/* Returns the arm, or NULL: the library or a function of it is not to be had.
 * MT-Unsafe race:threads. */
RTK_PEER_API rtk_peer_arm *rtk_blas_arm(const rtk_blas_place *place,
                                        const rtk_blas_spec *spec,
                                        const void *a, const void *b, void *c);

#ifdef __cplusplus
}
#endif

#endif
