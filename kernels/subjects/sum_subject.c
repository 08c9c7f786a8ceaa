/* reduce.sum: a pairwise sum with equal bits for any workers.
 *
 * The truth is exact: every double in [0.5, 1.5) is a whole multiple of 2^-53,
 * so the sum of the multiples is a sum of integers. */

#include "kernels/subjects/subjects.h"

#include <math.h>
#include <stdio.h>

#include "kernels/reduce/sum.h"

enum { N, PARAMS };

static const rtk_host *host;

static const int64_t n_stress[] = {1, 5000, 20000, 50003};
static const int64_t n_sweep[] = {1 << 12, 1 << 14, 1 << 16,
                                  1 << 18, 1 << 20, 1 << 22};

/* Where a run ends, a block, and the room for partial sums. */
static const int64_t n_thresholds[] = {128, 1 << 14, 64 << 14};

static const rtk_param params[PARAMS] = {
    [N] = {.size = sizeof *params,
           .name = "n",
           .summary = "elements",
           .initial = 1 << 20,
           .least = 1,
           .most = INT64_C(1) << 32,
           RTK_STRESS(n_stress),
           RTK_SWEEP(n_sweep),
           RTK_THRESHOLDS(n_thresholds)},
};

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    rtk_describe(views, 0, "x", RTK_FLOAT64, RTK_IN,
                 (size_t[3]){(size_t)args->value[N]});
    rtk_describe(views, 1, "sum", RTK_FLOAT64, RTK_OUT, (size_t[3]){1});
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < (size_t)args->value[N]; i++)
        x[i] = host->random_uniform(seed, i);
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self;
    (void)instance;
    const rtk_view *x = rtk_view_at(views, 0);
    unsigned effective = 0;
    rtk_status s = rtk_sum(x->data, x->shape[0], call->workers,
                           rtk_view_at(views, 1)->data, &effective);
    call->effective_workers = effective;
    return s;
}

/* The exact sum, rounded once to long double; NaN if an input is out of the
 * range that makes it exact. */
static long double exact(const double *x, size_t n) {
    __extension__ unsigned __int128 sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] >= 0.5 && x[i] < 1.5)) return NAN;
        sum += (uint64_t)ldexp(x[i], 53);
    }
    return ldexpl((long double)sum, -53);
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self;
    (void)call;
    const double *got = rtk_view_at(views, 1)->data;
    long double want =
        exact(rtk_view_at(views, 0)->data, (size_t)args->value[N]);
    truth->error = (double)fabsl((*got - want) / want);
    snprintf(truth->text, sizeof truth->text,
             "the sum is %.17g, exactly it is %.20Lg", *got, want);
    return RTK_OK;
}

static double flops(void *self, const rtk_args *args) {
    (void)self;
    return (double)args->value[N];
}

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    return 8 * (double)args->value[N];
}

/* The error is at most (LEAF / LANES + 3 + log2(n / LEAF)) half ulps. */
static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_A,
    .tolerance = 1e-14,
    .promises = RTK_SURVIVES_FAILURE | RTK_UNALIGNED | RTK_NESTABLE |
                RTK_WORKERS_GRAMMAR | RTK_EXIT_SAFE_BUSY | RTK_UNLOADABLE |
                RTK_ENVIRONMENT_KEPT | RTK_NO_MEMORY_GROWTH |
                RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY |
                RTK_PROCESS_SAFE | RTK_NO_DESCRIPTORS_LEFT};

static const rtk_op op = {
    .size = sizeof op, .name = "run", .claims = &claims, .run = run};

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "reduce.sum",
    .summary = "pairwise sum, equal bits for any workers",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .ops = &op,
    .n_ops = 1,
    .op_size = sizeof op,
    .check = check,
    .flops = flops,
    .bytes = bytes};

const rtk_subject *rtk_sum_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
