/* Our Toeplitz and circulant matrices, for kernel-peers. */

#include <stdint.h>
#include <stdlib.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/linalg/toeplitz.h"

/* As toeplitz_cells.py lays it out. */
typedef struct rtk_toeplitz_spec {
    int what; /* 0: product, 1: solution, 2: circulant solution */
    uint64_t n, k;
    int64_t workers;
} rtk_toeplitz_spec;

typedef struct toeplitz_arm {
    rtk_peer_arm arm;
    rtk_toeplitz_spec spec;
    rtk_array c, r, x, y;
} toeplitz_arm;

static int call(rtk_peer_arm *arm) {
    const toeplitz_arm *a = (const toeplitz_arm *)arm;
    const rtk_linalg_options how = {.size = sizeof how,
                                    .workers = a->spec.workers};
    switch (a->spec.what) {
    case 0: return (int)rtk_matmul_toeplitz(&a->c, &a->r, &a->x, &a->y, &how);
    case 1: return (int)rtk_solve_toeplitz(&a->c, &a->r, &a->x, &a->y, &how);
    default: return (int)rtk_solve_circulant(&a->c, &a->x, &a->y, NULL, &how);
    }
}

static void drop(rtk_peer_arm *arm) {
    free(arm);
}

/* Of one n x n matrix of double.
 *
 *   c, r  n numbers
 *   x, y  n rows of k numbers
 *
 * Returns the arm, or NULL. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_toeplitz_arm(const rtk_toeplitz_spec *spec,
                                            const double *c, const double *r,
                                            const double *x, double *y);

/* NOLINTBEGIN(readability-non-const-parameter): y is kept, to be written */
rtk_peer_arm *rtk_toeplitz_arm(const rtk_toeplitz_spec *spec, const double *c,
                               const double *r, const double *x, double *y) {
    /* NOLINTEND(readability-non-const-parameter) */
    toeplitz_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    const size_t line[] = {spec->n}, sides[] = {spec->n, spec->k};
    a->arm = (rtk_peer_arm){.call = call, .drop = drop};
    a->spec = *spec;
    a->c = rtk_array_dense(RTK_DOUBLE, 1, line, (void *)(uintptr_t)c);
    a->r = rtk_array_dense(RTK_DOUBLE, 1, line, (void *)(uintptr_t)r);
    a->x = rtk_array_dense(RTK_DOUBLE, 2, sides, (void *)(uintptr_t)x);
    a->y = rtk_array_dense(RTK_DOUBLE, 2, sides, y);
    return &a->arm;
}
