/* Our Fourier transforms, for kernel-peers. */

#include <stdlib.h>
#include <string.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/fft/fft.h"

typedef struct fft_arm {
    rtk_peer_arm arm;
    rtk_fft_plan *plan;
    const void *in;
    void *out;
    int64_t workers;
} fft_arm;

static int call(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    return (int)rtk_fft_plan_run(a->plan, a->in, a->out, a->workers, NULL);
}

static void drop(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    rtk_fft_plan_free(a->plan);
    free(a);
}

/* Kind: "c2c", "r2c" or "dct". The array has `rank` axes of lengths `n`, of
 * which `axes` are transformed. NULL: no memory, or refused. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_fft_arm(const char *kind, int is_float,
                                       size_t rank, const size_t *n,
                                       size_t n_axes, const int *axes,
                                       const void *in, void *out,
                                       int64_t workers);

rtk_peer_arm *rtk_fft_arm(const char *kind, int is_float, size_t rank,
                          const size_t *n, size_t n_axes, const int *axes,
                          const void *in, void *out, int64_t workers) {
    rtk_fft_transform which = strcmp(kind, "c2c") == 0   ? RTK_FFT_fftn
                              : strcmp(kind, "r2c") == 0 ? RTK_FFT_rfftn
                                                         : RTK_FFT_dctn;
    rtk_number number = is_float ? RTK_FLOAT : RTK_DOUBLE;
    if (which == RTK_FFT_fftn) number = rtk_number_complex(number);
    fft_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    *a = (fft_arm){.arm = {.call = call, .drop = drop},
                   .in = in,
                   .out = out,
                   .workers = workers};
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.axes = axes;
    o.n_axes = n_axes;
    rtk_array from = rtk_array_dense(number, rank, n, NULL), to;
    double start = rtk_peer_now_ns();
    rtk_status s = rtk_fft_shape(which, &from, &o, &to);
    if (!s) s = rtk_fft_plan_new(&a->plan, which, &from, &to, &o);
    a->arm.plan_ns = rtk_peer_now_ns() - start;
    if (!s) return &a->arm;
    free(a);
    return NULL;
}
