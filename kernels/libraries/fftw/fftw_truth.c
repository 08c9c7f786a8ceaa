/* Inputs, and the truth by the transform's own formula in long double, for
 * every output: the transforms are small. */

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/libraries/fftw/fftw_calls.h"

enum { IN, OUT, VIEWS };

/* Not C's complex: its multiplication looks for NaN each time. */
typedef struct number {
    long double re, im;
} number;

static rtk_type type_of(const rtk_fftw_shape *s, bool output) {
    bool real = s->kind == (output ? RTK_FFTW_BACK : RTK_FFTW_REAL);
    if (rtk_fftw.narrow) return real ? RTK_FLOAT32 : RTK_COMPLEX64;
    return real ? RTK_FLOAT64 : RTK_COMPLEX128;
}

rtk_status rtk_fftw_describe(void *self, const rtk_args *args,
                             rtk_views *views) {
    rtk_fftw_shape s = rtk_fftw_shape_of(args);
    (void)self;
    if (views->n < VIEWS) return RTK_EINVAL;
    views->n = VIEWS;
    rtk_describe(views, IN, "in", type_of(&s, false), RTK_IN, (size_t)s.batch,
                 rtk_fftw_elements(&s, false));
    rtk_describe(views, OUT, "out", type_of(&s, true), RTK_OUT, (size_t)s.batch,
                 rtk_fftw_elements(&s, true));
    return RTK_OK;
}

/* Half a spectrum belongs to real numbers only if its ends are real. */
static bool end_of_spectrum(const rtk_fftw_shape *s, size_t i) {
    size_t k = i / 2 % rtk_fftw_elements(s, false);
    return s->kind == RTK_FFTW_BACK && i % 2 &&
           (k == 0 || 2 * k == (size_t)s->n[0]);
}

rtk_status rtk_fftw_fill(void *self, const rtk_args *args,
                         const rtk_views *views, uint64_t seed) {
    rtk_fftw_shape s = rtk_fftw_shape_of(args);
    const rtk_view *in = rtk_view_at(views, IN);
    size_t each = s.kind == RTK_FFTW_REAL ? 1 : 2;
    (void)self;
    for (size_t i = 0; i < each * rtk_view_count(in); i++) {
        double v = rtk_fftw_host->random_uniform(seed, i) - 1;
        if (end_of_spectrum(&s, i)) v = 0;
        if (rtk_fftw.narrow)
            ((float *)in->data)[i] = (float)v;
        else
            ((double *)in->data)[i] = v;
    }
    return RTK_OK;
}

/* ---- The formula --------------------------------------------------------- */

static long double real_at(const void *data, size_t i) {
    return rtk_fftw.narrow ? (long double)((const float *)data)[i]
                           : (long double)((const double *)data)[i];
}

static number number_at(const rtk_view *v, size_t i) {
    bool real = v->type == RTK_FLOAT32 || v->type == RTK_FLOAT64;
    if (real) return (number){real_at(v->data, i), 0};
    return (number){real_at(v->data, 2 * i), real_at(v->data, 2 * i + 1)};
}

/* Element `j` of the whole input of transform `b`, of which a spectrum of real
 * numbers stores half. */
static number whole_at(const rtk_fftw_shape *s, const rtk_view *in, size_t b,
                       size_t j) {
    size_t stored = rtk_fftw_elements(s, false), n = (size_t)s->n[0];
    if (j < stored) return number_at(in, b * stored + j);
    number mirror = number_at(in, b * stored + n - j);
    mirror.im = -mirror.im;
    return mirror;
}

/* What one check works with; the roots and a transform's whole input. */
typedef struct truth {
    rtk_fftw_shape s;
    size_t n[2];
    number *root[2], *in;
    long double norm;
} truth;

static number output(const truth *t, size_t k) {
    size_t k0 = k / t->n[1], k1 = k % t->n[1];
    number sum = {0, 0};
    for (size_t j0 = 0; j0 < t->n[0]; j0++) {
        number row = {0, 0}, w = t->root[0][j0 * k0 % t->n[0]];
        for (size_t j1 = 0; j1 < t->n[1]; j1++) {
            number x = t->in[j0 * t->n[1] + j1];
            number r = t->root[1][j1 * k1 % t->n[1]];
            row.re += x.re * r.re - x.im * r.im;
            row.im += x.re * r.im + x.im * r.re;
        }
        sum.re += row.re * w.re - row.im * w.im;
        sum.im += row.re * w.im + row.im * w.re;
    }
    return sum;
}

static double transform_error(const truth *t, const rtk_view *out, size_t b) {
    size_t stored = rtk_fftw_elements(&t->s, true);
    double worst = 0;
    for (size_t k = 0; k < stored; k++) {
        number want = output(t, k), got = number_at(out, b * stored + k);
        double e = (double)(hypotl(want.re - got.re, want.im - got.im) /
                            (t->norm + LDBL_MIN));
        worst = rtk_worse(worst, e);
    }
    return worst;
}

static bool prepare(truth *t, const rtk_args *args) {
    t->s = rtk_fftw_shape_of(args);
    t->n[0] = (size_t)t->s.n[0];
    t->n[1] = (size_t)t->s.n[1];
    long double sign = t->s.kind == RTK_FFTW_BACK ? 1 : -1;
    size_t points = t->n[0] * t->n[1];
    t->in = malloc((points + t->n[0] + t->n[1]) * sizeof *t->in);
    if (!t->in) return false;
    t->root[0] = t->in + points;
    t->root[1] = t->root[0] + t->n[0];
    for (size_t d = 0; d < 2; d++)
        for (size_t m = 0; m < t->n[d]; m++) {
            long double turn = sign * (long double)m / (long double)t->n[d];
            t->root[d][m] = (number){cosl(2 * acosl(-1) * turn),
                                     sinl(2 * acosl(-1) * turn)};
        }
    return true;
}

static void take(truth *t, const rtk_view *in, size_t b) {
    t->norm = 0;
    for (size_t j = 0; j < t->n[0] * t->n[1]; j++) {
        t->in[j] = whole_at(&t->s, in, b, j);
        t->norm += t->in[j].re * t->in[j].re + t->in[j].im * t->in[j].im;
    }
    t->norm = sqrtl(t->norm);
}

/* One tolerance serves both precisions: single's error in double's measure. */
static double scaled(double error) {
    return rtk_fftw.narrow ? error * DBL_EPSILON / (double)FLT_EPSILON : error;
}

rtk_status rtk_fftw_check(void *self, const rtk_args *args,
                          const rtk_views *views, const rtk_call *call,
                          rtk_truth *found) {
    truth t;
    (void)self, (void)call;
    if (!prepare(&t, args)) return RTK_ENOMEM;
    found->error = 0;
    size_t where = 0;
    for (size_t b = 0; b < (size_t)t.s.batch; b++) {
        take(&t, rtk_view_at(views, IN), b);
        double e = transform_error(&t, rtk_view_at(views, OUT), b);
        if (rtk_worse(found->error, e) != found->error) where = b;
        found->error = rtk_worse(found->error, e);
    }
    free(t.in);
    found->error = scaled(found->error);
    snprintf(found->text, sizeof found->text,
             "transform %zu is %.2g of its norm away from the formula", where,
             found->error);
    return RTK_OK;
}

/* ---- A law --------------------------------------------------------------- */

/* The sum of squares of a whole line; elements that stand for two count so. */
static long double squares(const rtk_fftw_shape *s, const rtk_view *v,
                           bool halved) {
    size_t n = (size_t)s->n[0], stored = v->shape[1];
    long double sum = 0;
    for (size_t i = 0; i < rtk_view_count(v); i++) {
        number x = number_at(v, i);
        size_t k = i % stored;
        bool twice = halved && k > 0 && 2 * k != n;
        sum += (twice ? 2 : 1) * (x.re * x.re + x.im * x.im);
    }
    return sum;
}

rtk_status rtk_fftw_parseval(void *self, void *instance, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *found) {
    rtk_fftw_shape s = rtk_fftw_shape_of(args);
    (void)self, (void)instance, (void)call;
    long double points = (long double)s.n[0] * s.n[1];
    long double in =
        squares(&s, rtk_view_at(views, IN), s.kind == RTK_FFTW_BACK);
    long double out =
        squares(&s, rtk_view_at(views, OUT), s.kind == RTK_FFTW_REAL);
    found->error = scaled((double)(fabsl(out / (in * points) - 1)));
    snprintf(found->text, sizeof found->text,
             "sums of squares before and after differ by %.2g", found->error);
    return RTK_OK;
}

/* Largest difference of `back` from the input times the points, relative to the
 * largest that the input can have. */
static double difference(const rtk_fftw_shape *s, const rtk_view *in,
                         const void *back) {
    rtk_view other = *in;
    long double points = (long double)s->n[0] * s->n[1], worst = 0;
    other.data = (void *)(uintptr_t)back;
    for (size_t i = 0; i < rtk_view_count(in); i++) {
        number x = number_at(in, i), y = number_at(&other, i);
        long double e = hypotl(y.re / points - x.re, y.im / points - x.im);
        if (!(e <= worst)) worst = e;
    }
    return scaled((double)worst);
}

rtk_status rtk_fftw_there_and_back(void *self, void *instance,
                                   const rtk_args *args, const rtk_views *views,
                                   const rtk_call *call, rtk_truth *found) {
    rtk_fftw_shape s = rtk_fftw_shape_of(args);
    const rtk_view *in = rtk_view_at(views, IN), *out = rtk_view_at(views, OUT);
    (void)self, (void)instance, (void)call;
    /* Pages, as the plan was made for. */
    void *from = rtk_fftw_host->allocate(rtk_view_bytes(out), 4096);
    void *back = rtk_fftw_host->allocate(rtk_view_bytes(in), 4096);
    rtk_fftw_enter(RTK_FFTW_OUR_LOCK);
    rtk_fftw_plan plan = from && back ? rtk_fftw_plan_make(&s, true) : NULL;
    rtk_fftw_leave(RTK_FFTW_OUR_LOCK);
    if (plan) {
        memcpy(from, out->data, rtk_view_bytes(out));
        rtk_fftw_run(&s, plan, true, from, back);
        found->error = difference(&s, in, back);
        snprintf(found->text, sizeof found->text, "the inverse is off by %.2g",
                 found->error);
        rtk_fftw_enter(RTK_FFTW_OUR_LOCK);
        rtk_fftw.destroy(plan);
        rtk_fftw_leave(RTK_FFTW_OUR_LOCK);
    }
    rtk_fftw_host->release(from);
    rtk_fftw_host->release(back);
    return plan ? RTK_OK : RTK_ENOMEM;
}
