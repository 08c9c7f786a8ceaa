/* Our batches of small matrices, for kernel-peers. */

#include <stdlib.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/linalg/linalg.h"

typedef struct linalg_arm {
    rtk_peer_arm arm;
    rtk_array a, b, c;
    int64_t workers;
} linalg_arm;

static int multiply(rtk_peer_arm *arm) {
    linalg_arm *a = (linalg_arm *)arm;
    const rtk_linalg_options how = {.size = sizeof how, .workers = a->workers};
    return (int)rtk_matmul(&a->a, &a->b, &a->c, &how);
}

static int solve(rtk_peer_arm *arm) {
    linalg_arm *a = (linalg_arm *)arm;
    const rtk_linalg_options how = {.size = sizeof how, .workers = a->workers};
    return (int)rtk_solve(&a->a, &a->b, &a->c, &how);
}

static void drop(rtk_peer_arm *arm) {
    free(arm);
}

/* Products of square matrices of double, or solutions for one right-hand side
 * each. NULL: no memory. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_linalg_arm(int is_solve, size_t n, size_t batch,
                                          const double *a, const double *b,
                                          double *c, int64_t workers);

/* NOLINTBEGIN(readability-non-const-parameter): c is kept, to be written */
rtk_peer_arm *rtk_linalg_arm(int is_solve, size_t n, size_t batch,
                             const double *a, const double *b, double *c,
                             int64_t workers) {
    /* NOLINTEND(readability-non-const-parameter) */
    linalg_arm *arm = calloc(1, sizeof *arm);
    if (!arm) return NULL;
    arm->arm =
        (rtk_peer_arm){.call = is_solve ? solve : multiply, .drop = drop};
    const size_t shape[] = {batch, n, n};
    const size_t sides[] = {batch, n, is_solve ? 1 : n};
    void *in[] = {(void *)(uintptr_t)a, (void *)(uintptr_t)b};
    arm->a = rtk_array_dense(RTK_DOUBLE, 3, shape, in[0]);
    arm->b = rtk_array_dense(RTK_DOUBLE, 3, sides, in[1]);
    arm->c = rtk_array_dense(RTK_DOUBLE, 3, sides, c);
    arm->workers = workers;
    return &arm->arm;
}
