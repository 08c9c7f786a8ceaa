/* Laws of the transforms of fft.c2c: Parseval's theorem, and that the transform
 * of the other direction leads back. Both see what a check of some bins may
 * not, and need no truth. */
#include "kernels/subjects/fft_laws.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/fft/fft.h"
#include "kernels/subjects/subjects.h"

/* As in fft_subject.c. */
enum { TYPE, N0, N1, BATCH, DIRECTION };

static long double real_at(const rtk_args *args, const void *data, size_t i) {
    const double *wide = data;
    const float *narrow = data;
    return args->value[TYPE] ? (long double)narrow[i] : (long double)wide[i];
}

static size_t points_of(const rtk_args *args) {
    return (size_t)args->value[N0] * (size_t)args->value[N1];
}

/* One tolerance serves both types: float's error in double's measure. */
static double in_double(const rtk_args *args, double error) {
    return args->value[TYPE] ? error * (DBL_EPSILON / (double)FLT_EPSILON)
                             : error;
}

static long double energy(const rtk_args *args, const void *data,
                          size_t transform) {
    size_t reals = 2 * points_of(args), first = transform * reals;
    long double sum = 0;
    for (size_t i = first; i < first + reals; i++) {
        long double x = real_at(args, data, i);
        sum += x * x;
    }
    return sum;
}

static rtk_status parseval(void *self, void *instance, const rtk_args *args,
                           const rtk_views *views, const rtk_call *call,
                           rtk_truth *truth) {
    (void)self, (void)instance, (void)call;
    const void *in = rtk_view_at(views, 0)->data;
    const void *out = rtk_view_at(views, 1)->data;
    long double points = (long double)points_of(args);
    truth->error = 0;
    for (size_t b = 0; b < (size_t)args->value[BATCH]; b++) {
        long double had = points * energy(args, in, b);
        /* Of the norm, not of its square. */
        long double off = fabsl(energy(args, out, b) - had) / had / 2;
        truth->error = rtk_worse(truth->error, in_double(args, (double)off));
    }
    snprintf(truth->text, sizeof truth->text,
             "the norm of an output is not that of its input times the root "
             "of %zu",
             points_of(args));
    return RTK_OK;
}

/* The largest distance of back / points from the input, of its largest. */
static double way_back(const rtk_args *args, const void *in, const void *back) {
    size_t reals = 2 * points_of(args) * (size_t)args->value[BATCH];
    long double points = (long double)points_of(args);
    double worst = 0, largest = 0;
    for (size_t i = 0; i < reals; i++) {
        long double x = real_at(args, in, i);
        double off = (double)fabsl(real_at(args, back, i) / points - x);
        worst = rtk_worse(worst, off);
        largest = fmax(largest, (double)fabsl(x));
    }
    return worst / largest;
}

rtk_status rtk_fft_subject_plan(const int64_t *v, bool backward, void **plan) {
    static const int axes[] = {1, 2};
    const rtk_array a = rtk_array_dense(
        v[TYPE] ? RTK_FLOAT_COMPLEX : RTK_DOUBLE_COMPLEX, 3,
        (size_t[]){(size_t)v[BATCH], (size_t)v[N0], (size_t)v[N1]}, NULL);
    rtk_fft_options o = RTK_FFT_OPTIONS;
    rtk_fft_plan *made = NULL;
    o.axes = axes;
    o.n_axes = 2;
    /* No factor in either direction. */
    o.norm = backward ? RTK_FFT_NORM_FORWARD : RTK_FFT_NORM_BACKWARD;
    rtk_status s = rtk_fft_plan_new(
        &made, backward ? RTK_FFT_ifftn : RTK_FFT_fftn, &a, &a, &o);
    if (!s) *plan = made;
    return s;
}

static rtk_status inverse(void *self, void *instance, const rtk_args *args,
                          const rtk_views *views, const rtk_call *call,
                          rtk_truth *truth) {
    (void)self, (void)instance, (void)call;
    const int64_t *v = args->value;
    const rtk_view *in = rtk_view_at(views, 0), *out = rtk_view_at(views, 1);
    void *plan = NULL, *back = malloc(rtk_view_bytes(out));
    rtk_status s =
        back ? rtk_fft_subject_plan(v, v[DIRECTION] == 0, &plan) : RTK_ENOMEM;
    if (!s) s = rtk_fft_plan_run(plan, out->data, back, 1, NULL);
    if (!s) truth->error = in_double(args, way_back(args, in->data, back));
    snprintf(truth->text, sizeof truth->text,
             "the transform of the other direction does not lead back");
    rtk_fft_plan_free(plan);
    free(back);
    return s;
}

const rtk_law rtk_fft_laws[RTK_FFT_LAWS] = {
    {sizeof(rtk_law), "Parseval", "the norm is kept, up to a factor", parseval},
    {sizeof(rtk_law), "inverse", "the other direction leads back", inverse}};
