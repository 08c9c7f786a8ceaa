/* fft.c2c: complex transforms that share one plan; the operations that go
 * through the cache of lines, real transforms among them, are in fft_kinds.c.
 *
 * The truth needs no FFT. A weighted sum of outputs, with weights u0[k0]
 * u1[k1], is the same sum of inputs under the transformed weights; with one
 * output's weight 1 and the others 0 that is the DFT's own formula, with powers
 * of a random number on the unit circle the transformed weights are geometric
 * series. Both are separable and summed in long double: every bin of a small
 * transform is compared with the formula, some bins of a large one, and every
 * bin always counts in the random sum. */

#include "kernels/subjects/subjects.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/fft/fft.h"
#include "kernels/subjects/fft_kinds.h"
#include "kernels/subjects/fft_laws.h"

enum { TYPE, N0, N1, BATCH, DIRECTION, PARAMS };
enum { BIN_BUDGET = 1 << 17, BINS_LEAST = 2 };

static const rtk_host *host;

static const int64_t n0_stress[] = {45, 128, 405, 512};
static const int64_t n0_sweep[] = {1 << 10, 1 << 12, 1 << 14,
                                   1 << 16, 1 << 18, 1 << 20};
static const int64_t n1_stress[] = {1, 8, 16};
static const int64_t batch_stress[] = {1, 2, 4};
static const int64_t both[] = {0, 1};
static const char *const types[] = {"double", "float"};
static const char *const directions[] = {"forward", "backward"};

/* A line of one point, and one part of a loop; one, two and four parts of lines
 * of 45 points. */
static const int64_t n0_thresholds[] = {2, 1 << 12};
static const int64_t batch_thresholds[] = {53, 106, 212};

static const rtk_param params[PARAMS] = {
    [TYPE] = {.size = sizeof *params,
              .name = "type",
              .summary = "precision of real and imaginary part",
              .initial = 0,
              .least = 0,
              .most = 1,
              RTK_STRESS(both),
              .words = types},
    [N0] = {.size = sizeof *params,
            .name = "n0",
            .summary = "points along the first axis",
            .initial = 1024,
            .least = 1,
            .most = 1 << 26,
            RTK_STRESS(n0_stress),
            RTK_SWEEP(n0_sweep),
            RTK_THRESHOLDS(n0_thresholds)},
    [N1] = {.size = sizeof *params,
            .name = "n1",
            .summary = "points along the second axis; 1 = one axis",
            .initial = 1,
            .least = 1,
            .most = 1 << 16,
            RTK_STRESS(n1_stress)},
    [BATCH] = {.size = sizeof *params,
               .name = "batch",
               .summary = "transforms in one call",
               .initial = 4,
               .least = 1,
               .most = 1 << 20,
               RTK_STRESS(batch_stress),
               RTK_THRESHOLDS(batch_thresholds)},
    [DIRECTION] = {.size = sizeof *params,
                   .name = "direction",
                   .summary = "sign of the exponent: -1 or +1",
                   .initial = 0,
                   .least = 0,
                   .most = 1,
                   RTK_STRESS(both),
                   .words = directions},
};

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 2) return RTK_EINVAL;
    const int64_t *v = args->value;
    rtk_type type = v[TYPE] ? RTK_COMPLEX64 : RTK_COMPLEX128;
    size_t shape[] = {(size_t)v[BATCH], (size_t)v[N0], (size_t)v[N1]};
    views->n = 2;
    rtk_describe(views, 0, "in", type, RTK_IN, shape);
    rtk_describe(views, 1, "out", type, RTK_OUT, shape);
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    const rtk_view *in = rtk_view_at(views, 0);
    size_t reals = 2 * rtk_view_count(in);
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

static rtk_status open_plan(void *self, const rtk_args *args,
                            const rtk_views *views, int64_t workers,
                            void **instance) {
    (void)self;
    (void)views;
    (void)workers;
    const int64_t *v = args->value;
    rtk_fft_instance *made = malloc(sizeof *made);
    if (!made) return RTK_ENOMEM;
    made->backward = v[DIRECTION] != 0;
    rtk_status s = rtk_fft_subject_plan(v, made->backward, &made->plan);
    if (s)
        free(made);
    else
        *instance = made;
    return s;
}

static void close_plan(void *self, void *instance) {
    (void)self;
    rtk_fft_instance *made = instance;
    if (made) rtk_fft_plan_free(made->plan);
    free(made);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self;
    unsigned effective = 0;
    rtk_status s = rtk_fft_plan_run(
        ((rtk_fft_instance *)instance)->plan, rtk_view_at(views, 0)->data,
        rtk_view_at(views, 1)->data, call->workers, &effective);
    call->effective_workers = effective;
    return s;
}

/* ---- The truth ------------------------------------------------------------
 */

/* Not C's complex: its multiplication looks for NaN each time. */
typedef struct number {
    long double re, im;
} number;

/* The shape, the roots of unity along both axes, and room for weights of input
 * and output. */
typedef struct truth {
    bool narrow;
    int sign;
    size_t n[2], points;
    number *room, *root[2], *in[2], *out[2];
} truth;

/* One transform's input and output, and the norm of the input. */
typedef struct pair {
    const char *in, *out;
    long double norm;
} pair;

static number times(number a, number b) {
    return (number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static number turn(long double turns) {
    long double angle = 2 * acosl(-1) * turns;
    return (number){cosl(angle), sinl(angle)};
}

/* turn(turns) - 1, without the cancellation near a whole turn. */
static number turn_less_one(long double turns) {
    long double half = acosl(-1) * turns, sine = sinl(half);
    return (number){-2 * sine * sine, 2 * sine * cosl(half)};
}

static number element(const truth *t, const void *data, size_t i) {
    if (t->narrow) {
        const float *x = (const float *)data + 2 * i;
        return (number){x[0], x[1]};
    }
    const double *x = (const double *)data + 2 * i;
    return (number){x[0], x[1]};
}

/* The sum of data[j0, j1] w[0][j0] w[1][j1]. */
static number weigh(const truth *t, const void *data, number *const w[2]) {
    number sum = {0, 0};
    for (size_t j0 = 0; j0 < t->n[0]; j0++) {
        number row = {0, 0};
        for (size_t j1 = 0; j1 < t->n[1]; j1++) {
            number x = element(t, data, j0 * t->n[1] + j1);
            x = times(x, w[1][j1]);
            row.re += x.re;
            row.im += x.im;
        }
        row = times(row, w[0][j0]);
        sum.re += row.re;
        sum.im += row.im;
    }
    return sum;
}

static long double norm(const truth *t, const void *data) {
    long double sum = 0;
    for (size_t i = 0; i < t->points; i++) {
        number x = element(t, data, i);
        sum += x.re * x.re + x.im * x.im;
    }
    return sqrtl(sum);
}

/* Input weights of output k of an axis: the DFT's formula. */
static void weights_of_bin(const truth *t, size_t axis, size_t k) {
    size_t n = t->n[axis];
    for (size_t j = 0, m = 0; j < n; j++, m = (m + k) % n)
        t->in[axis][j] = t->root[axis][m];
}

/* Output weights z^k with z = turn(x), and the input weights they become: the
 * sum over k of (z w^j)^k, that is (z^n - 1) / (z w^j - 1). */
static void weights_of_powers(const truth *t, size_t axis, long double x) {
    size_t n = t->n[axis];
    number end = turn_less_one(fmodl(x * (long double)n, 1));
    for (size_t k = 0; k < n; k++) {
        /* Counted from the nearer end, so that small steps are exact. */
        long double j = (long double)k - (k > n / 2 ? (long double)n : 0);
        number below = turn_less_one(x + t->sign * j / (long double)n);
        long double size = below.re * below.re + below.im * below.im;
        number over = {below.re / size, -below.im / size};
        t->out[axis][k] = turn(fmodl(x * (long double)k, 1));
        t->in[axis][k] = times(end, over);
    }
}

static double distance(number a, number b, long double scale) {
    return (double)(hypotl(a.re - b.re, a.im - b.im) / scale);
}

/* Turns in (0, 1/n), kept from both ends: no divisor is zero. */
static long double between(size_t n, uint64_t seed, uint64_t index) {
    long double u = host->random_uniform(seed, index) - 0.5L;
    return (0.25L + u / 2) / (long double)n;
}

static double random_sum(const truth *t, const pair *p, uint64_t seed) {
    for (size_t d = 0; d < 2; d++)
        weights_of_powers(t, d, between(t->n[d], seed, d));
    return distance(weigh(t, p->out, t->out), weigh(t, p->in, t->in),
                    p->norm * sqrtl((long double)t->points));
}

static double one_bin(const truth *t, const pair *p, size_t bin) {
    weights_of_bin(t, 0, bin / t->n[1]);
    weights_of_bin(t, 1, bin % t->n[1]);
    return distance(element(t, p->out, bin), weigh(t, p->in, t->in), p->norm);
}

/* All bins if that is cheap, else some. */
static double bins(const truth *t, const pair *p, uint64_t seed,
                   size_t transforms) {
    size_t count = BIN_BUDGET / t->points / transforms;
    if (count < BINS_LEAST) count = BINS_LEAST;
    bool all = count >= t->points;
    if (all) count = t->points;
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        size_t bin = all ? i : host->random_bits(seed, i + 2) % t->points;
        worst = rtk_worse(worst, one_bin(t, p, bin));
    }
    return worst;
}

static bool truth_init(truth *t, const rtk_args *args) {
    const int64_t *v = args->value;
    size_t n0 = (size_t)v[N0], n1 = (size_t)v[N1], n = n0 + n1;
    *t = (truth){.narrow = v[TYPE] != 0,
                 .sign = v[DIRECTION] ? 1 : -1,
                 .n = {n0, n1},
                 .points = n0 * n1};
    t->room = malloc(3 * n * sizeof *t->room);
    if (!t->room) return false;
    for (size_t d = 0; d < 2; d++) {
        t->root[d] = t->room + d * n0;
        t->in[d] = t->root[d] + n;
        t->out[d] = t->in[d] + n;
        for (size_t m = 0; m < t->n[d]; m++)
            t->root[d][m] =
                turn(t->sign * (long double)m / (long double)t->n[d]);
    }
    return true;
}

static double transform_error(const truth *t, const rtk_views *views,
                              size_t index, uint64_t seed) {
    const rtk_view *in = rtk_view_at(views, 0), *out = rtk_view_at(views, 1);
    size_t at = index * t->points * rtk_type_bytes(in->type);
    pair p = {(const char *)in->data + at, (const char *)out->data + at, 0};
    uint64_t own = host->random_bits(seed, index);
    p.norm = norm(t, p.in);
    return rtk_worse(random_sum(t, &p, own), bins(t, &p, own, in->shape[0]));
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *found) {
    (void)self;
    truth t;
    if (!truth_init(&t, args)) return RTK_ENOMEM;
    size_t batch = (size_t)args->value[BATCH], where = 0;
    found->error = 0;
    for (size_t i = 0; i < batch; i++) {
        double e = transform_error(&t, views, i, call ? call->seed : 0);
        if (!rtk_is_worse(found->error, e)) continue;
        found->error = e;
        where = i;
    }
    free(t.room);
    /* One tolerance serves both types: float's error in double's measure. */
    if (t.narrow) found->error *= DBL_EPSILON / (double)FLT_EPSILON;
    snprintf(found->text, sizeof found->text,
             "transform %zu is %.2g of its norm away from the DFT's formula%s",
             where, found->error, t.narrow ? " (scaled by 2^-29)" : "");
    return RTK_OK;
}

/* ---- Table ----------------------------------------------------------------
 */

static double flops(void *self, const rtk_args *args) {
    (void)self;
    const int64_t *v = args->value;
    double points = (double)v[N0] * (double)v[N1];
    return 5 * points * log2(points) * (double)v[BATCH];
}

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    const int64_t *v = args->value;
    double points = (double)v[N0] * (double)v[N1] * (double)v[BATCH];
    return 2 * points * (v[TYPE] ? 8 : 16);
}

/* Not RTK_SURVIVES_FAILURE: FFTW ends the process when its memory runs out. */
static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_A,
    .tolerance = 1e-14,
    .promises = RTK_UNALIGNED | RTK_NESTABLE | RTK_WORKERS_GRAMMAR |
                RTK_EXIT_SAFE_BUSY | RTK_UNLOADABLE | RTK_ENVIRONMENT_KEPT |
                RTK_NO_MEMORY_GROWTH | RTK_INPUTS_UNTOUCHED |
                RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY | RTK_PROCESS_SAFE |
                RTK_NO_DESCRIPTORS_LEFT};

static const rtk_op first = {.size = sizeof first,
                             .name = "run",
                             .claims = &claims,
                             .run = run,
                             .laws = rtk_fft_laws,
                             .n_laws = RTK_FFT_LAWS,
                             .law_size = sizeof *rtk_fft_laws};

/* Filled once, while the plug-in is loaded. */
static rtk_op ops[RTK_FFT_KINDS + 1];

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "fft.c2c",
    .summary = "Fourier transforms that share one plan, and one cache",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .open = open_plan,
    .close = close_plan,
    .ops = ops,
    .n_ops = RTK_LENGTH(ops),
    .op_size = sizeof *ops,
    .check = check,
    .flops = flops,
    .bytes = bytes};

const rtk_subject *rtk_fft_subject(const rtk_host *given) {
    host = given;
    rtk_fft_kinds(given, &first, ops);
    return &subject;
}
