/* Our Fourier transforms, for kernel-peers. */

#include <stdlib.h>

#include "bench/peers/kernel_peers/transform_arms.h"
#include "kernels/fft/fft.h"

typedef struct fft_arm {
    rtk_peer_arm arm;
    rtk_fft_plan *plan;
    rtk_fft_transform which;
    rtk_array in, out;
    rtk_fft_options options;
    int axes[RTK_TRANSFORM_RANK_MAX];
} fft_arm;

static int run(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    return (int)rtk_fft_plan_run(a->plan, a->in.data, a->out.data,
                                 a->options.workers, NULL);
}

static int apply(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    return (int)rtk_fft_apply(a->which, &a->in, &a->out, &a->options);
}

static void drop(rtk_peer_arm *arm) {
    fft_arm *a = (fft_arm *)arm;
    rtk_fft_plan_free(a->plan);
    free(a);
}

static void describe(fft_arm *a, const rtk_transform_spec *s, void *in) {
    static const rtk_fft_transform names[] = {
        [RTK_TRANSFORM_C2C] = RTK_FFT_fftn,
        [RTK_TRANSFORM_R2C] = RTK_FFT_rfftn,
        [RTK_TRANSFORM_DCT2] = RTK_FFT_dctn};
    rtk_number number = s->is_float ? RTK_FLOAT : RTK_DOUBLE;
    if (s->kind == RTK_TRANSFORM_C2C) number = rtk_number_complex(number);
    size_t shape[RTK_TRANSFORM_RANK_MAX];
    a->which = names[s->kind];
    a->options = (rtk_fft_options)RTK_FFT_OPTIONS;
    a->options.workers = s->threads;
    a->options.effort = s->measure ? RTK_FFT_MEASURE : RTK_FFT_ESTIMATE;
    a->options.axes = a->axes;
    for (int i = 0; i < s->rank; i++) {
        shape[i] = s->shape[i];
        if (s->axes >> i & 1) a->axes[a->options.n_axes++] = i;
    }
    a->in = rtk_array_dense(number, (size_t)s->rank, shape, in);
}

static rtk_status plan(fft_arm *a, int fresh, void *out) {
    if (fresh) rtk_fft_cache_clear();
    rtk_fft_wisdom_forget();
    double start = rtk_peer_now_ns();
    rtk_status s = rtk_fft_shape(a->which, &a->in, &a->options, &a->out);
    a->out.data = out;
    if (!s)
        s = rtk_fft_plan_new(&a->plan, a->which, &a->in, &a->out, &a->options);
    a->arm.plan_ns = rtk_peer_now_ns() - start;
    return s;
}

rtk_peer_arm *rtk_fft_arm(const rtk_transform_spec *spec, int one_call,
                          int fresh, void *in, void *out) {
    if (spec->rank < 1 || spec->rank > RTK_TRANSFORM_RANK_MAX) return NULL;
    fft_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    describe(a, spec, in);
    rtk_status s = plan(a, fresh, out);
    rtk_fft_wisdom_forget();
    a->arm.call = one_call ? apply : run;
    a->arm.drop = drop;
    if (!s) return &a->arm;
    drop(&a->arm);
    return NULL;
}
