/* Our batches of small matrices, for kernel-peers. */

#include <stdlib.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/linalg/gemm.h"

typedef struct linalg_arm {
    rtk_peer_arm arm;
    rtk_gemm_problem product;
    int64_t workers;
} linalg_arm;

static int multiply(rtk_peer_arm *arm) {
    linalg_arm *a = (linalg_arm *)arm;
    return (int)rtk_gemm(&a->product, a->workers, NULL);
}

static void drop(rtk_peer_arm *arm) {
    free(arm);
}

/* Products of square matrices of double. NULL: no memory. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_product_arm(size_t n, size_t batch,
                                           const double *a, const double *b,
                                           double *c, int64_t workers);

/* NOLINTBEGIN(readability-non-const-parameter): c is kept, to be written */
rtk_peer_arm *rtk_product_arm(size_t n, size_t batch, const double *a,
                              const double *b, double *c, int64_t workers) {
    /* NOLINTEND(readability-non-const-parameter) */
    linalg_arm *arm = calloc(1, sizeof *arm);
    if (!arm) return NULL;
    arm->arm = (rtk_peer_arm){.call = multiply, .drop = drop};
    arm->product = (rtk_gemm_problem){
        .m = n, .n = n, .k = n, .batch = batch, .a = a, .b = b, .c = c};
    arm->workers = workers;
    return &arm->arm;
}
