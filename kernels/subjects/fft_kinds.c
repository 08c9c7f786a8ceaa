/* Operations of fft.c2c beside the run of its plan: the same transform without
 * a plan, over a cache that was just cleared, beside wisdom that comes and
 * goes; and real, Hermitian and cosine or sine transforms, each with arrays of
 * its own and checked against its definition, which is separable, in long
 * double. */

#include "kernels/subjects/fft_kinds.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/fft/fft.h"
#include "kernels/subjects/subjects.h"

/* As in fft_subject.c. */
enum { TYPE, N0, N1, BATCH, DIRECTION };
enum { BUDGET = 1 << 15, LEAST = 2, WISDOM_EACH = 16 };

static const rtk_host *host;

/* ---- Calls -----------------------------------------------------------------
 */

static rtk_array array_of(const rtk_view *v) {
    static const rtk_number numbers[] = {[RTK_FLOAT32] = RTK_FLOAT,
                                         [RTK_FLOAT64] = RTK_DOUBLE,
                                         [RTK_COMPLEX64] = RTK_FLOAT_COMPLEX,
                                         [RTK_COMPLEX128] = RTK_DOUBLE_COMPLEX};
    return rtk_array_dense(numbers[v->type], v->rank, v->shape, v->data);
}

/* Over the last two axes, without a factor in either direction. */
static rtk_status apply(rtk_fft_transform which, const rtk_views *views,
                        rtk_call *call) {
    static const int axes[] = {1, 2};
    const rtk_view *to = rtk_view_at(views, 1);
    const rtk_array in = array_of(rtk_view_at(views, 0)), out = array_of(to);
    const int64_t lengths[] = {(int64_t)to->shape[1], (int64_t)to->shape[2]};
    bool inverse = which == RTK_FFT_ifftn || which == RTK_FFT_irfftn ||
                   which == RTK_FFT_ihfftn;
    unsigned effective = 0;
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.axes = axes;
    o.n_axes = 2;
    /* The shape of a half does not say whether the whole is odd. */
    if (which == RTK_FFT_irfftn || which == RTK_FFT_hfftn) o.lengths = lengths;
    o.norm = inverse ? RTK_FFT_NORM_FORWARD : RTK_FFT_NORM_BACKWARD;
    o.workers = call->workers;
    o.effective = &effective;
    rtk_status s = rtk_fft_apply(which, &in, &out, &o);
    call->effective_workers = effective;
    return s;
}

static bool is_backward(const void *instance) {
    return ((const rtk_fft_instance *)instance)->backward;
}

static rtk_status complex_call(const void *instance, const rtk_views *views,
                               rtk_call *call) {
    return apply(is_backward(instance) ? RTK_FFT_ifftn : RTK_FFT_fftn, views,
                 call);
}

static rtk_status call_without_plan(void *self, void *instance,
                                    const rtk_views *views, rtk_call *call) {
    (void)self;
    return complex_call(instance, views, call);
}

static rtk_status call_uncached(void *self, void *instance,
                                const rtk_views *views, rtk_call *call) {
    (void)self;
    rtk_fft_cache_clear();
    return complex_call(instance, views, call);
}

static rtk_status call_with_wisdom(void *self, void *instance,
                                   const rtk_views *views, rtk_call *call) {
    (void)self;
    rtk_status s = RTK_OK;
    if (call->round % WISDOM_EACH == 0) {
        char *text = NULL;
        s = rtk_fft_wisdom_export(&text);
        if (!s) s = rtk_fft_wisdom_import(text);
        free(text);
    }
    return s ? s : complex_call(instance, views, call);
}

static rtk_status call_real(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self;
    return apply(is_backward(instance) ? RTK_FFT_ihfftn : RTK_FFT_rfftn, views,
                 call);
}

static rtk_status call_half(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self;
    return apply(is_backward(instance) ? RTK_FFT_irfftn : RTK_FFT_hfftn, views,
                 call);
}

static rtk_status call_waves(void *self, void *instance, const rtk_views *views,
                             rtk_call *call) {
    (void)self;
    return apply(is_backward(instance) ? RTK_FFT_dstn : RTK_FFT_dctn, views,
                 call);
}

/* ---- Arrays ----------------------------------------------------------------
 */

static rtk_status describe(const rtk_args *args, rtk_views *views, bool in_real,
                           bool out_real) {
    const int64_t *v = args->value;
    if (views->n < 2) return RTK_EINVAL;
    size_t n1 = (size_t)v[N1], half = n1 / 2 + 1;
    rtk_type real = v[TYPE] ? RTK_FLOAT32 : RTK_FLOAT64;
    rtk_type complex = v[TYPE] ? RTK_COMPLEX64 : RTK_COMPLEX128;
    bool halved = in_real != out_real;
    size_t in[] = {(size_t)v[BATCH], (size_t)v[N0],
                   halved && !in_real ? half : n1};
    size_t out[] = {in[0], in[1], halved && in_real ? half : n1};
    views->n = 2;
    rtk_describe(views, 0, "in", in_real ? real : complex, RTK_IN, in);
    rtk_describe(views, 1, "out", out_real ? real : complex, RTK_OUT, out);
    return RTK_OK;
}

static rtk_status complex_arrays(void *self, const rtk_args *args,
                                 rtk_views *views) {
    (void)self;
    return describe(args, views, false, false);
}

static rtk_status real_arrays(void *self, const rtk_args *args,
                              rtk_views *views) {
    (void)self;
    return describe(args, views, true, false);
}

static rtk_status half_arrays(void *self, const rtk_args *args,
                              rtk_views *views) {
    (void)self;
    return describe(args, views, false, true);
}

static rtk_status wave_arrays(void *self, const rtk_args *args,
                              rtk_views *views) {
    (void)self;
    return describe(args, views, true, true);
}

static bool is_complex(const rtk_view *v) {
    return v->type == RTK_COMPLEX64 || v->type == RTK_COMPLEX128;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    const rtk_view *in = rtk_view_at(views, 0);
    size_t reals = rtk_view_count(in) * (is_complex(in) ? 2 : 1);
    double *wide = in->data;
    float *narrow = in->data;
    for (size_t i = 0; i < reals; i++) {
        double value = host->random_uniform(seed, i) - 1;
        if (args->value[TYPE])
            narrow[i] = (float)value;
        else
            wide[i] = value;
    }
    return RTK_OK;
}

/* ---- The truth -------------------------------------------------------------
 */

typedef struct number {
    long double re, im;
} number;

static number times(number a, number b) {
    return (number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static number element(const rtk_view *v, size_t i) {
    const double *wide = v->data;
    const float *narrow = v->data;
    bool is_narrow = v->type == RTK_FLOAT32 || v->type == RTK_COMPLEX64;
    if (!is_complex(v))
        return (number){
            is_narrow ? (long double)narrow[i] : (long double)wide[i], 0};
    if (is_narrow) return (number){narrow[2 * i], narrow[2 * i + 1]};
    return (number){wide[2 * i], wide[2 * i + 1]};
}

/* What an operation is by its definition: the weight of the input's element j
 * of an axis in the result's element k. Real results: the real part. */
typedef struct definition {
    bool waves, backward, halved; /* halved: the last axis of the input */
    size_t n[2];                  /* logical lengths */
} definition;

static number weight(const definition *d, size_t axis, size_t j, size_t k) {
    size_t n = d->n[axis];
    long double pi = acosl(-1);
    if (d->waves) {
        size_t part = (2 * j + 1) * (k + d->backward) % (4 * n);
        long double angle = pi * (long double)part / (2 * (long double)n);
        return (number){2 * (d->backward ? sinl(angle) : cosl(angle)), 0};
    }
    long double angle = 2 * pi * (long double)(j * k % n) / (long double)n;
    number w = {cosl(angle), d->backward ? sinl(angle) : -sinl(angle)};
    /* Stands for its mirror image as well. */
    if (d->halved && axis == 1 && j > 0 && 2 * j != n) {
        w.re *= 2;
        w.im *= 2;
    }
    return w;
}

/* The distance of one element from its definition; `room` for the weights. */
static long double distance(const definition *d, const rtk_view *in,
                            const rtk_view *out, size_t at, number *room) {
    size_t n0 = in->shape[1], n1 = in->shape[2];
    size_t k1 = at % out->shape[2], k0 = at / out->shape[2] % out->shape[1];
    size_t first = at / (out->shape[1] * out->shape[2]) * n0 * n1;
    number sum = {0, 0};
    for (size_t j = 0; j < n1; j++) room[j] = weight(d, 1, j, k1);
    for (size_t i = 0; i < n0; i++) {
        number row = {0, 0}, w = weight(d, 0, i, k0);
        for (size_t j = 0; j < n1; j++) {
            number x = times(element(in, first + i * n1 + j), room[j]);
            row.re += x.re;
            row.im += x.im;
        }
        row = times(row, w);
        sum.re += row.re;
        sum.im += row.im;
    }
    number y = element(out, at);
    return hypotl(y.re - sum.re, is_complex(out) ? y.im - sum.im : 0);
}

static rtk_status check(const definition *d, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const rtk_view *in = rtk_view_at(views, 0), *out = rtk_view_at(views, 1);
    size_t elements = rtk_view_count(out), inputs = rtk_view_count(in);
    number *room = malloc(in->shape[2] * sizeof *room);
    if (!room || !inputs || !in->shape[0]) {
        free(room);
        return RTK_ENOMEM;
    }
    long double norm = 0, worst = 0;
    for (size_t i = 0; i < inputs; i++) {
        number x = element(in, i);
        norm += x.re * x.re + x.im * x.im;
    }
    norm = sqrtl(norm / (long double)in->shape[0]);
    size_t some = BUDGET / (inputs / in->shape[0]) + LEAST, where = 0;
    for (size_t i = 0; i < some; i++) {
        uint64_t random = host->random_bits(call ? call->seed : 0, i);
        size_t at = some >= elements ? i % elements : random % elements;
        long double e = distance(d, in, out, at, room) / norm;
        if (e <= worst) continue;
        worst = e;
        where = at;
    }
    free(room);
    truth->error = (double)worst;
    /* One tolerance serves both types: float's error in double's measure. */
    if (args->value[TYPE]) truth->error *= DBL_EPSILON / (double)FLT_EPSILON;
    snprintf(truth->text, sizeof truth->text,
             "element %zu is %.2g of the norm away from its definition%s",
             where, truth->error,
             args->value[TYPE] ? " (scaled by 2^-29)" : "");
    return RTK_OK;
}

static definition define(const rtk_args *args) {
    const int64_t *v = args->value;
    return (definition){.backward = v[DIRECTION] != 0,
                        .n = {(size_t)v[N0], (size_t)v[N1]}};
}

static rtk_status check_real(void *self, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *truth) {
    (void)self;
    definition d = define(args);
    return check(&d, args, views, call, truth);
}

static rtk_status check_half(void *self, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *truth) {
    (void)self;
    definition d = define(args);
    d.halved = true;
    return check(&d, args, views, call, truth);
}

static rtk_status check_waves(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self;
    definition d = define(args);
    d.waves = true;
    return check(&d, args, views, call, truth);
}

/* ---- Table -----------------------------------------------------------------
 */

/* An operation with arrays of its own, or with those of the first. */
static const rtk_op kinds[RTK_FFT_KINDS] = {
    {.name = "call", .run = call_without_plan, .describe = complex_arrays},
    {.name = "uncached", .run = call_uncached, .describe = complex_arrays},
    {.name = "wisdom", .run = call_with_wisdom, .describe = complex_arrays},
    {.name = "real",
     .run = call_real,
     .describe = real_arrays,
     .check = check_real},
    {.name = "half",
     .run = call_half,
     .describe = half_arrays,
     .check = check_half},
    {.name = "waves",
     .run = call_waves,
     .describe = wave_arrays,
     .check = check_waves}};

void rtk_fft_kinds(const rtk_host *given, const rtk_op *first, rtk_op *ops) {
    host = given;
    ops[0] = *first;
    for (size_t i = 0; i < RTK_FFT_KINDS; i++) {
        rtk_op *op = &ops[i + 1];
        *op = kinds[i];
        op->size = sizeof *op;
        op->claims = first->claims;
        op->fill = fill;
        if (op->check) continue;
        op->laws = first->laws;
        op->n_laws = first->n_laws;
        op->law_size = first->law_size;
    }
}
