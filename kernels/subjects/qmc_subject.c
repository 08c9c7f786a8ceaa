/* stats.qmc: points of sequences that all share, Latin hypercubes, Poisson disk
 * sets, and discrepancies.
 */

#include "kernels/subjects/subjects.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/discrepancy.h"
#include "kernels/stats/halton.h"
#include "kernels/stats/latin_hypercube.h"
#include "kernels/stats/poisson_disk.h"
#include "kernels/stats/sobol.h"
#include "kernels/subjects/qmc_laws.h"

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

/* Cells along an axis of a Poisson disk set: no more in all than points. */
static size_t cells_across(const rtk_args *args, size_t d) {
    size_t across = 1, all = 1;
    while (all <= count(args)) {
        across++;
        all = 1;
        for (size_t k = 0; k < d; k++) all *= across;
    }
    return across - 1;
}

static size_t poisson_dimensions(const rtk_args *args) {
    size_t most = RTK_POISSON_DISK_DIMENSIONS_MAX;
    return dimensions(args) < most ? dimensions(args) : most;
}

/* Cells' diagonals are the radius, and have at most one point. */
static double radius(const rtk_args *args) {
    size_t d = poisson_dimensions(args);
    return sqrt((double)d) / (double)cells_across(args, d);
}

static rtk_status describe_poisson(void *self, const rtk_args *args,
                                   rtk_views *views) {
    (void)self;
    if (views->n < 1) return RTK_EINVAL;
    views->n = 1;
    rtk_describe(views, 0, "points", RTK_FLOAT64, RTK_OUT,
                 (size_t[3]){count(args), poisson_dimensions(args)});
    return RTK_OK;
}

/* Points, then NaN. */
static rtk_status run_poisson(void *self, void *opened, const rtk_views *views,
                              rtk_call *call) {
    const instance *i = opened;
    size_t d = poisson_dimensions(&i->args), n = count(&i->args) * d, used;
    double *x = rtk_view_at(views, 0)->data;
    rtk_poisson_disk *set = NULL;
    unsigned effective = 0;
    rtk_poisson_disk_options o = {.size = sizeof o,
                                  .dimensions = d,
                                  .radius = radius(&i->args),
                                  .seed = (uint64_t)i->value[FIRST],
                                  .workers = call->workers,
                                  .effective = &effective};
    (void)self;
    rtk_status s = rtk_poisson_disk_new(&set, &o);
    if (s) return s;
    used = rtk_poisson_disk_count(set) * d;
    for (size_t e = 0; e < n; e++)
        x[e] = e < used ? rtk_poisson_disk_points(set)[e] : NAN;
    rtk_poisson_disk_free(set);
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

static rtk_status judge_strata(const rtk_args *args, const rtk_views *views,
                               bool latin, rtk_truth *truth) {
    const double *x = rtk_view_at(views, 0)->data;
    size_t n = count(args), d = dimensions(args);
    unsigned char *seen = malloc(n);
    if (!seen) return RTK_ENOMEM;
    bool good = latin ? rtk_qmc_is_latin(x, n, d, !args->value[SCRAMBLE], seen)
                      : rtk_qmc_is_sobol(x, n, d, seen);
    free(seen);
    truth->error = good ? 0 : INFINITY;
    snprintf(truth->text, sizeof truth->text, "the points are no %s",
             latin ? "Latin hypercube" : "block of a Sobol sequence");
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)call;
    return judge_strata(args, views, false, truth);
}

static rtk_status check_latin(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self, (void)call;
    return judge_strata(args, views, true, truth);
}

static rtk_status check_halton(void *self, const rtk_args *args,
                               const rtk_views *views, const rtk_call *call,
                               rtk_truth *truth) {
    size_t where;
    (void)self, (void)call;
    truth->error =
        rtk_qmc_halton_error(rtk_view_at(views, 0)->data, count(args),
                             dimensions(args), first(args), &where);
    snprintf(truth->text, sizeof truth->text,
             "point %zu is off by %.2g roundings", where, truth->error);
    return RTK_OK;
}

static rtk_status check_poisson(void *self, const rtk_args *args,
                                const rtk_views *views, const rtk_call *call,
                                rtk_truth *truth) {
    size_t n;
    (void)self, (void)call;
    bool good =
        rtk_qmc_is_poisson_disk(rtk_view_at(views, 0)->data, count(args),
                                poisson_dimensions(args), radius(args), &n);
    truth->error = good ? 0 : INFINITY;
    snprintf(truth->text, sizeof truth->text,
             "the %zu points are no full Poisson disk set of radius %g", n,
             radius(args));
    return RTK_OK;
}

static rtk_status check_measure(void *self, const rtk_args *args,
                                const rtk_views *views, const rtk_call *call,
                                rtk_truth *truth) {
    const double *got = rtk_view_at(views, 1)->data;
    long double want = rtk_qmc_discrepancy(
        rtk_view_at(views, 0)->data, count(args), dimensions(args),
        (rtk_discrepancy_kind)args->value[MEASURE]);
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

#define OP(word, runs, checks, describes, fills)                               \
    {                                                                          \
        .size = sizeof(rtk_op), .name = word, .claims = &claims, .run = runs,  \
        .check = checks, .describe = describes, .fill = fills                  \
    }
static const rtk_op ops[] = {
    OP("sobol", run_sobol, check, describe, fill),
    OP("halton", run_halton, check_halton, describe, fill),
    OP("latin", run_latin, check_latin, describe, fill),
    OP("poisson_disk", run_poisson, check_poisson, describe_poisson, fill),
    OP("discrepancy", run_measure, check_measure, describe_measure,
       fill_measure)};

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
