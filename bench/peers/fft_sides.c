/* fft.c2c against FFTW's own threads: same transform, same planner effort. */

#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/peers/sides.h"
#include "kernels/fft/fft.h"

/* Both see the same input, in [0.5, 1.5): no denormals. */
static double input(size_t i) {
    return 0.5 + (double)(i * UINT64_C(0x9e3779b97f4a7c15) >> 11) * 0x1p-53;
}

enum { RANK_MAX = 3 };

/* `batch` arrays of n[0] x ... x n[rank-1], one after the other. */
typedef struct shape {
    size_t rank, n[RANK_MAX], batch;
} shape;

typedef struct opened {
    double *in, *out;
    size_t reals;
    unsigned workers;
    rtk_fft_plan *ours;
    fftw_plan theirs;
} opened;

static size_t points(const shape *spec) {
    size_t n = spec->batch;
    for (size_t d = 0; d < spec->rank; d++) n *= spec->n[d];
    return n;
}

static fftw_plan plan_theirs(const shape *spec, double *in, double *out,
                             unsigned workers) {
    int n[RANK_MAX], each = 1;
    for (size_t d = 0; d < spec->rank; d++) {
        n[d] = (int)spec->n[d];
        each *= n[d];
    }
    fftw_plan_with_nthreads((int)workers);
    return fftw_plan_many_dft((int)spec->rank, n, (int)spec->batch,
                              (fftw_complex *)(void *)in, NULL, 1, each,
                              (fftw_complex *)(void *)out, NULL, 1, each,
                              FFTW_FORWARD, FFTW_ESTIMATE);
}

static rtk_status plan_ours(rtk_fft_plan **plan, const shape *spec) {
    static const int axes[] = {1, 2, 3};
    size_t n[RANK_MAX + 1] = {spec->batch};
    for (size_t d = 0; d < spec->rank; d++) n[d + 1] = spec->n[d];
    rtk_array a = rtk_array_dense(RTK_DOUBLE_COMPLEX, spec->rank + 1, n, NULL);
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.axes = axes;
    o.n_axes = spec->rank;
    return rtk_fft_plan_new(plan, RTK_FFT_fftn, &a, &a, &o);
}

static rtk_status allocate(opened *o, const shape *spec) {
    o->reals = 2 * points(spec);
    o->in = fftw_malloc(o->reals * sizeof *o->in);
    o->out = fftw_malloc(o->reals * sizeof *o->out);
    if (!o->in || !o->out) return RTK_ENOMEM;
    for (size_t i = 0; i < o->reals; i++) {
        o->in[i] = input(i);
        o->out[i] = NAN;
    }
    return RTK_OK;
}

static void destroy(opened *o) {
    fftw_free(o->in);
    fftw_free(o->out);
    rtk_fft_plan_free(o->ours);
    if (o->theirs) fftw_destroy_plan(o->theirs);
    free(o);
}

/* Our result against one thread of FFTW's, as a relative 2-norm. */
static rtk_status compare(opened *o, const shape *spec, char *sentence) {
    double *truth = fftw_malloc(o->reals * sizeof *truth), off = 0, size = 0;
    fftw_plan plan = truth ? plan_theirs(spec, o->in, truth, 1) : NULL;
    if (plan) fftw_execute(plan);
    for (size_t i = 0; plan && i < o->reals; i++) {
        double d = o->out[i] - truth[i];
        off += d * d;
        size += truth[i] * truth[i];
    }
    double error = sqrt(off / size);
    rtk_status s = plan ? RTK_OK : RTK_ENOMEM;
    if (!s && !(error <= 1e-13)) {
        snprintf(sentence, RTK_SIDE_SENTENCE,
                 "the result is %.2g of its norm away from FFTW's", error);
        s = RTK_EFAILED;
    }
    if (plan) fftw_destroy_plan(plan);
    fftw_free(truth);
    return s;
}

static void run_ours(void *state, uint64_t calls) {
    opened *o = state;
    rtk_status s = RTK_OK;
    for (uint64_t i = 0; i < calls && !s; i++)
        s = rtk_fft_plan_run(o->ours, o->in, o->out, o->workers, NULL);
    if (s) abort();
}

static void run_theirs(void *state, uint64_t calls) {
    opened *o = state;
    for (uint64_t i = 0; i < calls; i++) fftw_execute(o->theirs);
}

static rtk_status open_fft(const rtk_side *side, void **state,
                           char sentence[RTK_SIDE_SENTENCE]) {
    static int threads;
    const shape *spec = side->self;
    if (!threads) threads = fftw_init_threads();
    if (!threads) return RTK_ETHREAD;
    opened *o = calloc(1, sizeof *o);
    if (!o) return RTK_ENOMEM;
    o->workers = side->workers;
    rtk_status s = allocate(o, spec);
    if (!s && side->run == run_ours) {
        s = plan_ours(&o->ours, spec);
        if (!s) s = rtk_fft_plan_run(o->ours, o->in, o->out, o->workers, NULL);
        if (!s) s = compare(o, spec, sentence);
    } else if (!s) {
        o->theirs = plan_theirs(spec, o->in, o->out, o->workers);
        if (!o->theirs) s = RTK_ENOMEM;
    }
    if (s)
        destroy(o);
    else
        *state = o;
    return s;
}

#define SIDE(what, spec, library, whose, function, count)                      \
    {                                                                          \
        .group = "fft", .title = what, .peer = library, .kind = whose,         \
        .workers = count, .process = "fft " library, .self = &(spec),          \
        .open = open_fft, .run = function                                      \
    }
#define SIDES(what, spec)                                                      \
    SIDE(what, spec, RTK_OURS, RTK_KIND_OURS, run_ours, 1),                    \
        SIDE(what, spec, "FFTW threads", RTK_KIND_PEER, run_theirs, 1),        \
        SIDE(what, spec, RTK_OURS, RTK_KIND_OURS, run_ours, 2),                \
        SIDE(what, spec, "FFTW threads", RTK_KIND_PEER, run_theirs, 2)
#define SPEC(dimensions, count, ...)                                           \
    { .rank = dimensions, .n = {__VA_ARGS__}, .batch = count }

rtk_sides rtk_fft_sides(void) {
    static const shape many_short = SPEC(1, 256, 1024),
                       some_long = SPEC(1, 16, 16384), line = SPEC(1, 1, 65536),
                       plane = SPEC(2, 1, 512, 512),
                       cube = SPEC(3, 1, 64, 64, 64);
    static const rtk_side sides[] = {
        SIDES("256 x 1024", many_short), SIDES("16 x 16384", some_long),
        SIDES("one line of 65536", line), SIDES("512 x 512, 2-D", plane),
        SIDES("64 x 64 x 64, 3-D", cube)};
    return (rtk_sides){sides, sizeof sides / sizeof *sides};
}
