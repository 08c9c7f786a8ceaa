/* stats.qmc: points of sequences that all share, Latin hypercubes, and
 * discrepancies.
 *
 * Truths that need none of ours: a block of 2^m points of a Sobol sequence has
 * one point in each of 2^m equal boxes of any shape over its first two
 * dimensions, and one in each of 2^m intervals of every other; Halton's points
 * are digits read backwards; a Latin hypercube has one point in each interval;
 * a discrepancy is a sum over all pairs, in long double. */

#include "kernels/subjects/subjects.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/discrepancy.h"
#include "kernels/stats/halton.h"
#include "kernels/stats/latin_hypercube.h"
#include "kernels/stats/sobol.h"

enum { LOG_N, D_, FIRST, SCRAMBLE, MEASURE, PARAMS };
enum { BITS = 30, DIMENSIONS_MOST = 64 };

static const rtk_host *host;

static const int64_t log_stress[] = {0, 3, 6, 9};
static const int64_t log_sweep[] = {8, 10, 12, 14, 16};
static const int64_t d_stress[] = {1, 2, 5};
static const int64_t first_stress[] = {0, 1, 77};
static const int64_t both[] = {0, 1};
static const int64_t measure_stress[] = {0, 1, 2, 3};
static const char *const scrambles[] = {"plain", "scrambled"};
static const char *const measures[] = {"CD", "WD", "MD", "L2-star"};

/* One part of a discrepancy, two of them. */
static const int64_t log_thresholds[] = {4, 5};

static const rtk_param params[PARAMS] = {
    [LOG_N] = {.size = sizeof *params,
               .name = "log_n",
               .summary = "binary logarithm of the number of points",
               .initial = 10,
               .least = 0,
               .most = 20,
               RTK_STRESS(log_stress),
               RTK_SWEEP(log_sweep),
               RTK_THRESHOLDS(log_thresholds)},
    [D_] = {.size = sizeof *params,
            .name = "d",
            .summary = "dimensions",
            .initial = 8,
            .least = 1,
            .most = DIMENSIONS_MOST,
            RTK_STRESS(d_stress)},
    [FIRST] = {.size = sizeof *params,
               .name = "first",
               .summary = "blocks of points that come before",
               .initial = 0,
               .least = 0,
               .most = 1000,
               RTK_STRESS(first_stress)},
    [SCRAMBLE] = {.size = sizeof *params,
                  .name = "scramble",
                  .summary = "whether Sobol's points and Latin hypercubes are "
                             "random",
                  .initial = 0,
                  .least = 0,
                  .most = 1,
                  RTK_STRESS(both),
                  .words = scrambles},
    [MEASURE] = {.size = sizeof *params,
                 .name = "measure",
                 .summary = "which discrepancy",
                 .initial = 0,
                 .least = 0,
                 .most = 3,
                 RTK_STRESS(measure_stress),
                 .words = measures},
};

static size_t count(const rtk_args *args) {
    return (size_t)1 << args->value[LOG_N];
}

static size_t dimensions(const rtk_args *args) {
    return (size_t)args->value[D_];
}

static uint64_t first(const rtk_args *args) {
    return (uint64_t)args->value[FIRST] << args->value[LOG_N];
}

/* ---- Instances -------------------------------------------------------------
 */

typedef struct instance {
    rtk_sobol *sobol;
    rtk_halton *halton;
    int64_t value[PARAMS];
    rtk_args args;
} instance;

static void close_both(void *self, void *opened) {
    instance *i = opened;
    (void)self;
    if (!i) return;
    rtk_sobol_free(i->sobol);
    rtk_halton_free(i->halton);
    free(i);
}

static rtk_status open_both(void *self, const rtk_args *args,
                            const rtk_views *views, int64_t workers,
                            void **out) {
    rtk_sobol_options sobol = {.size = sizeof sobol,
                               .dimensions = dimensions(args),
                               .bits = BITS,
                               .scramble = args->value[SCRAMBLE] != 0,
                               .seed = 5};
    rtk_halton_options halton = {.size = sizeof halton,
                                 .dimensions = dimensions(args)};
    instance *i = calloc(1, sizeof *i);
    (void)views, (void)workers;
    rtk_status s = i ? rtk_sobol_new(&i->sobol, &sobol) : RTK_ENOMEM;
    if (!s) s = rtk_halton_new(&i->halton, &halton);
    if (s) {
        close_both(self, i);
        return s;
    }
    memcpy(i->value, args->value, sizeof i->value);
    i->args = (rtk_args){sizeof i->args, i->value, PARAMS};
    *out = i;
    return RTK_OK;
}

/* ---- Operations ------------------------------------------------------------
 */

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 1) return RTK_EINVAL;
    views->n = 1;
    rtk_describe(views, 0, "points", RTK_FLOAT64, RTK_OUT,
                 (size_t[3]){count(args), dimensions(args)});
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args, (void)views, (void)seed;
    return RTK_OK;
}

static rtk_status describe_measure(void *self, const rtk_args *args,
                                   rtk_views *views) {
    (void)self;
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    rtk_describe(views, 0, "points", RTK_FLOAT64, RTK_IN,
                 (size_t[3]){count(args), dimensions(args)});
    rtk_describe(views, 1, "discrepancy", RTK_FLOAT64, RTK_OUT, (size_t[3]){1});
    return RTK_OK;
}

static rtk_status fill_measure(void *self, const rtk_args *args,
                               const rtk_views *views, uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < count(args) * dimensions(args); i++)
        x[i] = host->random_uniform(seed, i) - 0.5;
    return RTK_OK;
}

static rtk_status run_sobol(void *self, void *opened, const rtk_views *views,
                            rtk_call *call) {
    const instance *i = opened;
    unsigned effective = 0;
    (void)self;
    rtk_status s =
        rtk_sobol_draw(i->sobol, first(&i->args), count(&i->args),
                       rtk_view_at(views, 0)->data, call->workers, &effective);
    call->effective_workers = effective;
    return s;
}

static rtk_status run_halton(void *self, void *opened, const rtk_views *views,
                             rtk_call *call) {
    const instance *i = opened;
    unsigned effective = 0;
    (void)self;
    rtk_status s =
        rtk_halton_draw(i->halton, first(&i->args), count(&i->args),
                        rtk_view_at(views, 0)->data, call->workers, &effective);
    call->effective_workers = effective;
    return s;
}

static rtk_status run_latin(void *self, void *opened, const rtk_views *views,
                            rtk_call *call) {
    const instance *i = opened;
    unsigned effective = 0;
    rtk_latin_options o = {.size = sizeof o,
                           .centred = !i->value[SCRAMBLE],
                           .seed = (uint64_t)i->value[FIRST]};
    (void)self;
    rtk_status s = rtk_latin_hypercube(rtk_view_at(views, 0)->data,
                                       count(&i->args), dimensions(&i->args),
                                       &o, call->workers, &effective);
    call->effective_workers = effective;
    return s;
}

static rtk_status run_measure(void *self, void *opened, const rtk_views *views,
                              rtk_call *call) {
    const instance *i = opened;
    unsigned effective = 0;
    (void)self;
    rtk_status s = rtk_discrepancy(
        rtk_view_at(views, 0)->data, count(&i->args), dimensions(&i->args),
        (rtk_discrepancy_kind)i->value[MEASURE], call->workers,
        rtk_view_at(views, 1)->data, &effective);
    call->effective_workers = effective;
    return s;
}

/* ---- The truth -------------------------------------------------------------
 */

/* Whether each of n boxes has one of the n points: 2^a intervals of the first
 * column, n / 2^a of the second one. */
static bool stratified(const double *x, size_t n, size_t row, size_t one,
                       size_t other, unsigned a, unsigned char *seen) {
    size_t wide = (size_t)1 << a, high = n / wide;
    memset(seen, 0, n);
    for (size_t i = 0; i < n; i++) {
        double u = x[i * row + one], v = x[i * row + other];
        if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return false;
        size_t box =
            (size_t)(u * (double)wide) * high + (size_t)(v * (double)high);
        if (seen[box]++) return false;
    }
    return true;
}

static bool is_sobol(const rtk_args *args, const double *x,
                     unsigned char *seen) {
    size_t n = count(args), d = dimensions(args);
    unsigned m = (unsigned)args->value[LOG_N];
    for (size_t i = 0; i < n * d; i++)
        if (x[i] * 0x1p30 != floor(x[i] * 0x1p30)) return false;
    for (unsigned a = 0; d > 1 && a <= m; a++)
        if (!stratified(x, n, d, 0, 1, a, seen)) return false;
    for (size_t k = 0; k < d; k++)
        if (!stratified(x, n, d, k, k, 0, seen)) return false;
    return true;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    unsigned char *seen = malloc(count(args));
    (void)self, (void)call;
    if (!seen) return RTK_ENOMEM;
    bool good = is_sobol(args, rtk_view_at(views, 0)->data, seen);
    free(seen);
    truth->error = good ? 0 : INFINITY;
    snprintf(truth->text, sizeof truth->text,
             "the points are no block of a Sobol sequence of %d bits", BITS);
    return RTK_OK;
}

static long double backwards(uint64_t index, uint64_t base) {
    long double value = 0, weight = 1;
    for (; index; index /= base) {
        weight /= (long double)base;
        value += (long double)(index % base) * weight;
    }
    return value;
}

static uint64_t next_prime(uint64_t p) {
    for (bool prime = false; !prime;) {
        prime = true;
        p++;
        for (uint64_t q = 2; q * q <= p; q++) prime &= p % q != 0;
    }
    return p;
}

static rtk_status check_halton(void *self, const rtk_args *args,
                               const rtk_views *views, const rtk_call *call,
                               rtk_truth *truth) {
    const double *x = rtk_view_at(views, 0)->data;
    size_t d = dimensions(args), where = 0;
    uint64_t base = 1;
    (void)self, (void)call;
    truth->error = 0;
    for (size_t k = 0; k < d; k++) {
        base = next_prime(base);
        for (size_t i = 0; i < count(args); i++) {
            long double want = backwards(first(args) + i, base);
            double off =
                (double)fabsl((long double)x[i * d + k] - want) / DBL_EPSILON;
            if (!rtk_is_worse(truth->error, off)) continue;
            truth->error = off;
            where = i;
        }
    }
    snprintf(truth->text, sizeof truth->text,
             "point %zu is off by %.2g roundings", where, truth->error);
    return RTK_OK;
}

static rtk_status check_latin(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    const double *x = rtk_view_at(views, 0)->data;
    size_t n = count(args), d = dimensions(args);
    unsigned char *seen = malloc(n);
    bool good = seen;
    (void)self, (void)call;
    for (size_t k = 0; good && k < d; k++)
        good = stratified(x, n, d, k, k, 0, seen);
    for (size_t i = 0; good && !args->value[SCRAMBLE] && i < n * d; i++) {
        double at = x[i] * (double)n - 0.5; /* exact for powers of two */
        good = at == floor(at);
    }
    truth->error = good ? 0 : INFINITY;
    snprintf(truth->text, sizeof truth->text,
             "the points are no Latin hypercube");
    if (!seen) return RTK_ENOMEM;
    free(seen);
    return RTK_OK;
}

/* As scipy.stats.qmc.discrepancy() defines them: a point's factor, a pair's. */
static long double single(int64_t measure, long double x) {
    long double a = fabsl(x - 0.5L);
    switch (measure) {
    case RTK_DISCREPANCY_CD: return 1 + a / 2 - a * a / 2;
    case RTK_DISCREPANCY_MD: return 5 / 3.0L - a / 4 - a * a / 4;
    case RTK_DISCREPANCY_L2_STAR: return 1 - x * x;
    default: return 0;
    }
}

static long double pair(int64_t measure, long double x, long double y) {
    long double a = fabsl(x - 0.5L), b = fabsl(y - 0.5L), e = fabsl(x - y);
    switch (measure) {
    case RTK_DISCREPANCY_CD: return 1 + a / 2 + b / 2 - e / 2;
    case RTK_DISCREPANCY_WD: return 1.5L - e * (1 - e);
    case RTK_DISCREPANCY_MD:
        return 15 / 8.0L - a / 4 - b / 4 - 3 * e / 4 + e * e / 2;
    default: return 1 - fmaxl(x, y);
    }
}

static long double measured(const rtk_args *args, const double *x) {
    size_t n = count(args), d = dimensions(args);
    int64_t how = args->value[MEASURE];
    long double singles = 0, pairs = 0, all = (long double)n;
    for (size_t i = 0; i < n; i++) {
        long double product = 1;
        for (size_t k = 0; k < d; k++) product *= single(how, x[i * d + k]);
        singles += product / all;
        for (size_t j = 0; j < n; j++) {
            product = 1;
            for (size_t k = 0; k < d; k++)
                product *= pair(how, x[i * d + k], x[j * d + k]);
            pairs += product / all / all;
        }
    }
    long double e = (long double)d;
    switch (how) {
    case RTK_DISCREPANCY_CD: return powl(13 / 12.0L, e) - 2 * singles + pairs;
    case RTK_DISCREPANCY_WD: return -powl(4 / 3.0L, e) + pairs;
    case RTK_DISCREPANCY_MD: return powl(19 / 12.0L, e) - 2 * singles + pairs;
    default: return sqrtl(powl(3, -e) - powl(2, 1 - e) * singles + pairs);
    }
}

static rtk_status check_measure(void *self, const rtk_args *args,
                                const rtk_views *views, const rtk_call *call,
                                rtk_truth *truth) {
    const double *got = rtk_view_at(views, 1)->data;
    long double want = measured(args, rtk_view_at(views, 0)->data);
    (void)self, (void)call;
    truth->error = (double)fabsl(*got - want) / DBL_EPSILON;
    snprintf(truth->text, sizeof truth->text,
             "the discrepancy is %.17g, over all pairs it is %.20Lg", *got,
             want);
    return RTK_OK;
}

/* ---- Table -----------------------------------------------------------------
 */

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    return (double)(count(args) * dimensions(args) * sizeof(double));
}

/* In roundings of 1: sums of 16 points or products over some dimensions. */
static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_A,
    .tolerance = 2000,
    .promises = RTK_UNALIGNED | RTK_NESTABLE | RTK_WORKERS_GRAMMAR |
                RTK_EXIT_SAFE_BUSY | RTK_UNLOADABLE | RTK_ENVIRONMENT_KEPT |
                RTK_NO_MEMORY_GROWTH | RTK_INPUTS_UNTOUCHED |
                RTK_SURVIVES_FAILURE | RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY |
                RTK_PROCESS_SAFE | RTK_NO_DESCRIPTORS_LEFT};

#define OP(word, runs, checks)                                                 \
    {                                                                          \
        .size = sizeof(rtk_op), .name = word, .claims = &claims, .run = runs,  \
        .check = checks, .describe = describe, .fill = fill                    \
    }
static const rtk_op ops[] = {OP("sobol", run_sobol, check),
                             OP("halton", run_halton, check_halton),
                             OP("latin", run_latin, check_latin),
                             {.size = sizeof(rtk_op),
                              .name = "discrepancy",
                              .claims = &claims,
                              .run = run_measure,
                              .check = check_measure,
                              .describe = describe_measure,
                              .fill = fill_measure}};

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "stats.qmc",
    .summary = "quasi-random points of shared sequences, and discrepancies",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .open = open_both,
    .close = close_both,
    .ops = ops,
    .n_ops = RTK_LENGTH(ops),
    .op_size = sizeof *ops,
    .check = check,
    .bytes = bytes};

const rtk_subject *rtk_qmc_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
