/* What each name means: which lines run along which axes in which order, and
 * the factor. All of it is decided before the first number is read.
 *
 * The axis of a real transform comes first from real to complex and last from
 * complex to real, so that the other axes have half the work. hfft is irfft of
 * the conjugate without its factor, ihfft the conjugate of rfft with one. A
 * cosine or sine transform of complex numbers is one of the real parts and one
 * of the imaginary parts. */

#include "kernels/fft/fft.h"

#include <fftw3.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernels/fft/axes.h"
#include "kernels/fft/line_cache.h"

typedef enum family { C2C, R2C, C2R, DCT, DST } family;

/* Bytes on the stack for what a single line needs. */
enum { DIRECT_SCRATCH = 1 << 14 };

enum { LAST = 1, LAST_TWO = 2, ALL = 0 };

static const struct {
    const char *name;
    family family;
    bool inverse;   /* which way 1/n goes */
    bool hermitian; /* hfft.., ihfft.. */
    size_t axes;    /* LAST, LAST_TWO or ALL */
} transforms[] = {
#define ROW(which, family, inverse, hermitian, axes)                           \
    [RTK_FFT_##which] = {#which, family, inverse, hermitian, axes}
#define FOURIER(end, axes)                                                     \
    ROW(fft##end, C2C, false, false, axes),                                    \
        ROW(ifft##end, C2C, true, false, axes),                                \
        ROW(rfft##end, R2C, false, false, axes),                               \
        ROW(irfft##end, C2R, true, false, axes),                               \
        ROW(hfft##end, C2R, false, true, axes),                                \
        ROW(ihfft##end, R2C, true, true, axes)
#define TRIGONOMETRIC(end, axes)                                               \
    ROW(dct##end, DCT, false, false, axes),                                    \
        ROW(idct##end, DCT, true, false, axes),                                \
        ROW(dst##end, DST, false, false, axes),                                \
        ROW(idst##end, DST, true, false, axes)
    FOURIER(, LAST),       FOURIER(2, LAST_TWO),  FOURIER(n, ALL),
    TRIGONOMETRIC(, LAST), TRIGONOMETRIC(n, ALL),
#undef TRIGONOMETRIC
#undef FOURIER
#undef ROW
};

/* One axis of the transform. */
typedef struct along {
    size_t axis;
    size_t n;   /* logical length */
    size_t out; /* elements of the result */
} along;

/* What is asked for, resolved: `count` axes in the order given. */
typedef struct request {
    rtk_fft_transform which;
    const rtk_array *in;
    rtk_fft_options options;
    along along[RTK_ARRAY_RANK_MAX];
    size_t count;
} request;

struct rtk_fft_plan {
    rtk_array in, out; /* without data */
    bool parts;        /* real and imaginary parts one after the other */
    bool empty;
    bool direct; /* one line that can run from one array to the other */
    long double scale;
    rtk_fft_pass pass[RTK_ARRAY_RANK_MAX];
    size_t passes;
};

/* ---- Axes and lengths ------------------------------------------------------
 */

static rtk_status choose_axis(request *r, size_t i, size_t from_end) {
    size_t rank = r->in->rank;
    if (!r->options.axes) {
        r->along[i].axis = rank - from_end;
        return RTK_OK;
    }
    int axis = r->options.axes[i];
    if (axis < 0) axis += (int)rank;
    if (axis < 0 || (size_t)axis >= rank) return RTK_EINVAL;
    r->along[i].axis = (size_t)axis;
    for (size_t j = 0; j < i; j++)
        if (r->along[j].axis == (size_t)axis) return RTK_EINVAL;
    return RTK_OK;
}

static rtk_status choose_axes(request *r) {
    size_t fixed = transforms[r->which].axes, given = r->options.n_axes;
    bool told = r->options.axes || r->options.lengths;
    r->count = told ? given : fixed ? fixed : r->in->rank;
    if (fixed && r->count != fixed) return RTK_EINVAL;
    if (r->count > r->in->rank) return RTK_EINVAL;
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < r->count; i++)
        s = choose_axis(r, i, r->count - i);
    return s;
}

static rtk_status choose_length(request *r, size_t i) {
    family f = transforms[r->which].family;
    bool half = (f == R2C || f == C2R) && i + 1 == r->count;
    size_t have = r->in->shape[r->along[i].axis];
    int64_t asked = r->options.lengths ? r->options.lengths[i] : -1;
    if (asked < -1 || asked == 0) return RTK_EINVAL;
    size_t n = (size_t)asked;
    if (asked < 0) n = half && f == C2R ? (have ? 2 * (have - 1) : 0) : have;
    if (n < 1 || (f == DCT && r->options.type == 1 && n < 2)) return RTK_EINVAL;
    r->along[i].n = n;
    r->along[i].out = half && f == R2C ? n / 2 + 1 : n;
    return n > INT_MAX / 2 - 1 ? RTK_EUNSUPPORTED : RTK_OK;
}

static rtk_status resolve(request *r, rtk_fft_transform which,
                          const rtk_array *in, const rtk_fft_options *options) {
    *r = (request){.which = which, .in = in, .options = RTK_FFT_OPTIONS};
    if ((size_t)which >= RTK_FFT_TRANSFORM_COUNT) return RTK_EINVAL;
    if (options) {
        if (options->size < sizeof *options) return RTK_EINVAL;
        r->options = *options;
    }
    rtk_fft_options *o = &r->options;
    if (o->type == 0) o->type = 2;
    bool known = o->type >= 1 && o->type <= 4 &&
                 (unsigned)o->norm <= RTK_FFT_NORM_FORWARD &&
                 (unsigned)o->ends <= RTK_FFT_ENDS_PLAIN;
    rtk_status s = known ? rtk_array_check(in) : RTK_EINVAL;
    if (!s && transforms[which].family == R2C &&
        rtk_number_is_complex(in->number))
        s = RTK_EINVAL;
    if (!s) s = choose_axes(r);
    for (size_t i = 0; !s && i < r->count; i++) s = choose_length(r, i);
    return s;
}

static rtk_number result(const request *r) {
    family f = transforms[r->which].family;
    if (f == C2R) return rtk_number_real(r->in->number);
    return f == DCT || f == DST ? r->in->number
                                : rtk_number_complex(r->in->number);
}

static rtk_array shape(const request *r) {
    size_t lengths[RTK_ARRAY_RANK_MAX];
    for (size_t d = 0; d < r->in->rank; d++) lengths[d] = r->in->shape[d];
    for (size_t i = 0; i < r->count; i++)
        lengths[r->along[i].axis] = r->along[i].out;
    return rtk_array_dense(result(r), r->in->rank, lengths, NULL);
}

/* ---- Lines -----------------------------------------------------------------
 */

static bool weighted(const request *r) {
    rtk_fft_ends ends = r->options.ends;
    return ends == RTK_FFT_ENDS_WEIGHTED ||
           (ends == RTK_FFT_ENDS_BY_NORM &&
            r->options.norm == RTK_FFT_NORM_ORTHO);
}

/* Along axis i; `half` is the one between real and complex. */
static rtk_line_kind line_kind(const request *r, bool half) {
    bool inverse = transforms[r->which].inverse;
    switch (transforms[r->which].family) {
    case C2C: break;
    case R2C:
        if (half) return RTK_LINE_R2C;
        break;
    case C2R:
        if (half) return RTK_LINE_C2R;
        break;
    case DCT:
    case DST: {
        static const int inverse_of[] = {0, 1, 3, 2, 4};
        int type = inverse ? inverse_of[r->options.type] : r->options.type;
        bool sine = transforms[r->which].family == DST;
        return (rtk_line_kind)((sine ? RTK_LINE_DST1 : RTK_LINE_DCT1) + type -
                               1);
    }
    }
    return inverse ? RTK_LINE_BACKWARD : RTK_LINE_FORWARD;
}

/* The size of the transform for its norm. */
static long double extent(const request *r, size_t i) {
    long double n = (long double)r->along[i].n;
    family f = transforms[r->which].family;
    if (f != DCT && f != DST) return n;
    if (r->options.type != 1) return 2 * n;
    return f == DCT ? 2 * (n - 1) : 2 * (n + 1);
}

static long double factor(const request *r) {
    long double n = 1;
    for (size_t i = 0; i < r->count; i++) n *= extent(r, i);
    bool inverse = transforms[r->which].inverse;
    switch (r->options.norm) {
    case RTK_FFT_NORM_ORTHO: return 1 / sqrtl(n);
    case RTK_FFT_NORM_BACKWARD: return inverse ? 1 / n : 1;
    case RTK_FFT_NORM_FORWARD: return inverse ? 1 : 1 / n;
    }
    return 1;
}

/* From the last axis given to the first; from complex to real the other way. */
static rtk_status take_lines(rtk_fft_plan *plan, const request *r) {
    family f = transforms[r->which].family;
    rtk_status s = RTK_OK;
    for (size_t step = 0; !s && step < r->count; step++) {
        size_t i = f == C2R ? step : r->count - 1 - step;
        bool half = i + 1 == r->count;
        rtk_fft_pass *pass = &plan->pass[plan->passes];
        rtk_line_spec spec = {.kind = line_kind(r, half),
                              .real = rtk_number_real(r->in->number),
                              .n = r->along[i].n,
                              .weighted = weighted(r),
                              .effort = r->options.effort};
        /* A complex line of one point is the point. */
        bool idle = spec.kind <= RTK_LINE_BACKWARD && spec.n == 1 &&
                    r->in->shape[r->along[i].axis] == 1;
        if (idle) continue;
        *pass = (rtk_fft_pass){.axis = r->along[i].axis};
        if (half && transforms[r->which].hermitian) {
            pass->conjugate_in = f == C2R;
            pass->conjugate_out = f == R2C;
        }
        s = rtk_line_get(&pass->line, &spec);
        if (!s) plan->passes++;
    }
    return s;
}

static void put_lines(rtk_fft_plan *plan) {
    while (plan->passes) rtk_line_put(plan->pass[--plan->passes].line);
}

/* ---- Plans -----------------------------------------------------------------
 */

static bool same_shape(const rtk_array *a, const rtk_array *b) {
    bool same = a->rank == b->rank && a->number == b->number;
    for (size_t d = 0; same && d < a->rank; d++)
        same = a->shape[d] == b->shape[d];
    return same;
}

/* Whether the job is one line, side by side in both arrays, that needs nothing
 * before or after it: then all that a call costs is that line. */
static bool is_direct(const rtk_fft_plan *plan) {
    const rtk_fft_pass *pass = plan->pass;
    if (plan->passes != 1 || plan->parts || plan->scale != 1) return false;
    const rtk_line *l = pass->line;
    bool needs = pass->conjugate_in || pass->conjugate_out || !l->keeps_input ||
                 l->scratch_bytes > DIRECT_SCRATCH;
    return !needs && rtk_array_is_dense(&plan->in) &&
           rtk_array_is_dense(&plan->out) &&
           rtk_array_count(&plan->in) * rtk_number_bytes(plan->in.number) ==
               l->in_bytes &&
           rtk_array_count(&plan->out) * rtk_number_bytes(plan->out.number) ==
               l->out_bytes;
}

/* The data of `out` may be missing, as only its form counts. */
static rtk_status prepare(rtk_fft_plan *plan, const request *r,
                          const rtk_array *out) {
    rtk_array right = shape(r);
    rtk_status s = rtk_array_check(out);
    if (!s && !same_shape(out, &right)) s = RTK_EINVAL;
    if (s) return s;
    *plan = (rtk_fft_plan){
        .in = *r->in,
        .out = *out,
        .parts = rtk_number_is_complex(out->number) &&
                 transforms[r->which].family >= DCT,
        .empty = rtk_array_count(out) == 0,
        .scale = factor(r),
    };
    if (plan->empty) return RTK_OK;
    s = take_lines(plan, r);
    if (s)
        put_lines(plan);
    else
        plan->direct = is_direct(plan);
    return s;
}

/* False: the arrays do not lie as a line needs it. */
static bool run_direct(const rtk_fft_plan *plan, const void *in, void *out) {
    const rtk_line *l = plan->pass->line;
    uintptr_t from = (uintptr_t)in, to = (uintptr_t)out;
    bool apart = from + l->in_bytes <= to || to + l->out_bytes <= from;
    if (!apart || (from | to) % RTK_LINE_RUNS_ON) return false;
    char scratch[DIRECT_SCRATCH] __attribute__((aligned(RTK_LINE_ALIGN)));
    l->run(l, (void *)from, out, scratch);
    return true;
}

static rtk_array real_part(const rtk_array *complex, bool imaginary) {
    rtk_array part = *complex;
    part.number = rtk_number_real(complex->number);
    if (imaginary)
        part.data = (char *)part.data + rtk_number_bytes(part.number);
    return part;
}

static rtk_status run_job(const rtk_fft_plan *plan, const rtk_array *in,
                          const rtk_array *out, int64_t workers,
                          unsigned *effective) {
    const rtk_fft_job job = {.in = in,
                             .out = out,
                             .passes = plan->pass,
                             .n_passes = plan->passes,
                             .scale = plan->scale};
    return rtk_fft_axes(&job, workers, effective);
}

static rtk_status run_parts(const rtk_fft_plan *plan, const rtk_array *in,
                            const rtk_array *out, int64_t workers,
                            unsigned *effective) {
    rtk_status s = RTK_OK;
    for (int imaginary = 0; !s && imaginary < 2; imaginary++) {
        rtk_array from = real_part(in, imaginary);
        rtk_array to = real_part(out, imaginary);
        s = run_job(plan, &from, &to, workers, effective);
    }
    return s;
}

static rtk_status run(const rtk_fft_plan *plan, const rtk_array *in,
                      const rtk_array *out, int64_t workers,
                      unsigned *effective) {
    unsigned one = 1;
    if (plan->direct &&
        (workers == 1 || !rtk_workers_resolve(workers, 1, &one)) &&
        run_direct(plan, in->data, out->data))
        return RTK_OK;
    if (plan->empty) return rtk_workers_resolve(workers, 1, &one);
    return plan->parts ? run_parts(plan, in, out, workers, effective)
                       : run_job(plan, in, out, workers, effective);
}

/* What stands for the data, where only the form of an array counts. */
static long double nowhere;

/* ---- Public ----------------------------------------------------------------
 */

rtk_status rtk_fft_shape(rtk_fft_transform which, const rtk_array *in,
                         const rtk_fft_options *options, rtk_array *out) {
    request r;
    rtk_array from = *in;
    from.data = &nowhere;
    rtk_status s = resolve(&r, which, &from, options);
    if (!s) *out = shape(&r);
    return s;
}

rtk_status rtk_fft_apply(rtk_fft_transform which, const rtk_array *in,
                         const rtk_array *out, const rtk_fft_options *options) {
    request r;
    rtk_fft_plan plan;
    unsigned effective = 1;
    rtk_status s = resolve(&r, which, in, options);
    if (!s) s = prepare(&plan, &r, out);
    if (s) return s;
    s = run(&plan, in, out, r.options.workers, &effective);
    put_lines(&plan);
    if (!s && r.options.effective) *r.options.effective = effective;
    return s;
}

rtk_status rtk_fft_plan_new(rtk_fft_plan **plan, rtk_fft_transform which,
                            const rtk_array *in, const rtk_array *out,
                            const rtk_fft_options *options) {
    rtk_array from = *in, to = *out;
    from.data = to.data = &nowhere;
    request r;
    rtk_status s = resolve(&r, which, &from, options);
    if (s) return s;
    rtk_fft_plan *made = malloc(sizeof *made);
    if (!made) return RTK_ENOMEM;
    s = prepare(made, &r, &to);
    if (s)
        free(made);
    else
        *plan = made;
    return s;
}

rtk_status rtk_fft_plan_run(const rtk_fft_plan *plan, const void *in, void *out,
                            int64_t workers, unsigned *effective) {
    unsigned most = 1;
    if (plan->direct && workers == 1 && run_direct(plan, in, out)) {
        if (effective) *effective = 1;
        return RTK_OK;
    }
    rtk_array from = plan->in, to = plan->out;
    from.data = (void *)(uintptr_t)in;
    to.data = out;
    rtk_status s = rtk_array_check(&from);
    if (!s) s = rtk_array_check(&to);
    if (!s) s = run(plan, &from, &to, workers, &most);
    if (!s && effective) *effective = most;
    return s;
}

void rtk_fft_plan_free(rtk_fft_plan *plan) {
    if (plan) put_lines(plan);
    free(plan);
}

const char *rtk_fft_name(rtk_fft_transform which) {
    return (size_t)which < RTK_FFT_TRANSFORM_COUNT ? transforms[which].name
                                                   : NULL;
}

const char *rtk_fft_library(void) {
    return fftw_version;
}
