/* Our Fourier transforms, for kernel-peers. */

#include <stdlib.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/fft/c2c.h"

typedef struct fft_arm {
    rtk_peer_arm arm;
    rtk_fft_plan *plan;
    const void *in;
    void *out;
    int64_t workers;
} fft_arm;

static int call(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    return (int)rtk_fft_run(a->plan, a->in, a->out, a->workers, NULL);
}

static void drop(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    rtk_fft_plan_free(a->plan);
    free(a);
}

/* All axes but those of `batch`, which is first. NULL: no memory, or refused.
 * MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_fft_arm(int is_float, size_t batch, size_t rank,
                                       const size_t *n, const void *in,
                                       void *out, int64_t workers);

rtk_peer_arm *rtk_fft_arm(int is_float, size_t batch, size_t rank,
                          const size_t *n, const void *in, void *out,
                          int64_t workers) {
    fft_arm *a = calloc(1, sizeof *a);
    rtk_fft_spec spec = {.type = is_float ? RTK_FFT_FLOAT : RTK_FFT_DOUBLE,
                         .sign = RTK_FFT_FORWARD,
                         .rank = rank,
                         .batch = batch};
    if (!a || rank > RTK_FFT_RANK_MAX) {
        free(a);
        return NULL;
    }
    for (size_t i = 0; i < rank; i++) spec.n[i] = n[i];
    *a = (fft_arm){.arm = {.call = call, .drop = drop},
                   .in = in,
                   .out = out,
                   .workers = workers};
    double start = rtk_peer_now_ns();
    rtk_status s = rtk_fft_plan_new(&a->plan, &spec);
    a->arm.plan_ns = rtk_peer_now_ns() - start;
    if (!s) return &a->arm;
    free(a);
    return NULL;
}
