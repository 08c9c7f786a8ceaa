/* linalg.gemm: products of matrices on OpenBLAS, with so many threads of its
 * own as are asked for.
 *
 * The truth is Freivalds' (Probabilistic Machines Can Use Less Running Time,
 * IFIP 1977): c r = a (b r) for random vectors r of +1 and -1, in long double.
 * An error in one element of c always shows, for no r has a zero. With small
 * whole numbers as inputs all of it is exact, and nothing is forgiven. */

#include "kernels/subjects/subjects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/linalg/linalg.h"

enum { N_, M_, K_, BATCH, BLAS, INTEGERS, PARAMS };
enum { VECTORS = 4, WHOLE_MOST = 15 };

static const rtk_host *host;

static const int64_t n_stress[] = {16, 48, 100};
static const int64_t n_sweep[] = {32, 64, 128, 256, 512};
static const int64_t m_stress[] = {0, 37};
static const int64_t batch_stress[] = {1, 3};
static const int64_t blas_stress[] = {1, 2};
static const int64_t both[] = {0, 1};
static const char *const inputs[] = {"reals", "integers"};

/* Near where OpenBLAS starts to use its threads, and its blocks. */
static const int64_t n_thresholds[] = {4, 32, 64};

static const rtk_param params[PARAMS] = {
    [N_] = {.size = sizeof *params,
            .name = "n",
            .summary = "columns of b and c",
            .initial = 256,
            .least = 1,
            .most = 1 << 14,
            RTK_STRESS(n_stress),
            RTK_SWEEP(n_sweep),
            RTK_THRESHOLDS(n_thresholds)},
    [M_] = {.size = sizeof *params,
            .name = "m",
            .summary = "rows of a and c; 0 = n",
            .initial = 0,
            .least = 0,
            .most = 1 << 14,
            RTK_STRESS(m_stress)},
    [K_] = {.size = sizeof *params,
            .name = "k",
            .summary = "columns of a, rows of b; 0 = n",
            .initial = 0,
            .least = 0,
            .most = 1 << 12},
    [BATCH] = {.size = sizeof *params,
               .name = "batch",
               .summary = "products in one call",
               .initial = 4,
               .least = 1,
               .most = 1 << 20,
               RTK_STRESS(batch_stress)},
    [BLAS] = {.size = sizeof *params,
              .name = "blas",
              .summary = "BLAS threads of one product",
              .initial = 1,
              .least = 1,
              .most = 64,
              RTK_STRESS(blas_stress)},
    [INTEGERS] = {.size = sizeof *params,
                  .name = "integers",
                  .summary = "inputs: reals, or whole numbers up to 15",
                  .initial = 0,
                  .least = 0,
                  .most = 1,
                  RTK_STRESS(both),
                  .words = inputs},
};

typedef struct problem {
    size_t m, n, k, batch;
} problem;

static problem shape_of(const rtk_args *args) {
    const int64_t *v = args->value;
    return (problem){.m = (size_t)(v[M_] ? v[M_] : v[N_]),
                     .n = (size_t)v[N_],
                     .k = (size_t)(v[K_] ? v[K_] : v[N_]),
                     .batch = (size_t)v[BATCH]};
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 3) return RTK_EINVAL;
    problem p = shape_of(args);
    views->n = 3;
    rtk_describe(views, 0, "a", RTK_FLOAT64, RTK_IN,
                 (size_t[3]){p.batch, p.m, p.k});
    rtk_describe(views, 1, "b", RTK_FLOAT64, RTK_IN,
                 (size_t[3]){p.batch, p.k, p.n});
    rtk_describe(views, 2, "c", RTK_FLOAT64, RTK_OUT,
                 (size_t[3]){p.batch, p.m, p.n});
    return RTK_OK;
}

/* Positive, so that no product cancels and tolerances are relative to c. */
static double value(bool whole, uint64_t seed, uint64_t index) {
    return whole ? 1 + (double)(host->random_bits(seed, index) % WHOLE_MOST)
                 : host->random_uniform(seed, index);
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    bool whole = args->value[INTEGERS];
    for (size_t v = 0; v < 2; v++) {
        double *x = rtk_view_at(views, v)->data;
        size_t count = rtk_view_count(rtk_view_at(views, v));
        for (size_t i = 0; i < count; i++) x[i] = value(whole, seed + v, i);
    }
    return RTK_OK;
}

/* The instance is the number of BLAS threads. */
static rtk_status open_blas(void *self, const rtk_args *args,
                            const rtk_views *views, int64_t workers,
                            void **out) {
    (void)self, (void)views, (void)workers;
    int *threads = malloc(sizeof *threads);
    if (!threads) return RTK_ENOMEM;
    *threads = (int)args->value[BLAS];
    *out = threads;
    return RTK_OK;
}

static void close_blas(void *self, void *opened) {
    (void)self;
    free(opened);
}

static rtk_array array(const rtk_views *views, size_t i) {
    const rtk_view *v = rtk_view_at(views, i);
    return rtk_array_dense(RTK_DOUBLE, v->rank, v->shape, v->data);
}

static rtk_status run(void *self, void *opened, const rtk_views *views,
                      rtk_call *call) {
    unsigned effective = 0;
    rtk_array a = array(views, 0), b = array(views, 1), c = array(views, 2);
    rtk_linalg_options options = {.size = sizeof options,
                                  .workers = call->workers,
                                  .blas_threads = *(const int *)opened,
                                  .effective = &effective};
    (void)self;
    rtk_status s = rtk_matmul(&a, &b, &c, &options);
    call->effective_workers = effective;
    return s;
}

/* ---- The truth ------------------------------------------------------------
 */

/* One product, one random vector. */
typedef struct trial {
    size_t m, n, k;
    const double *a, *b, *c;
    long double *br, *size; /* k each: b r, and the row sums of |b| */
    double *r;              /* n signs */
    bool whole;
} trial;

static void draw(const trial *t, uint64_t seed) {
    for (size_t j = 0; j < t->n; j++)
        t->r[j] = host->random_bits(seed, j) & 1 ? 1 : -1;
}

static void multiply_b(const trial *t) {
    for (size_t l = 0; l < t->k; l++) {
        t->br[l] = t->size[l] = 0;
        for (size_t j = 0; j < t->n; j++) {
            t->br[l] += (long double)t->b[l * t->n + j] * t->r[j];
            t->size[l] += fabs(t->b[l * t->n + j]);
        }
    }
}

/* |c r - a (b r)| relative to |a| |b| 1, in row i. */
static double row_error(const trial *t, size_t i) {
    long double got = 0, want = 0, size = 0;
    for (size_t j = 0; j < t->n; j++)
        got += (long double)t->c[i * t->n + j] * t->r[j];
    for (size_t l = 0; l < t->k; l++) {
        want += t->a[i * t->k + l] * t->br[l];
        size += fabsl(t->a[i * t->k + l]) * t->size[l];
    }
    double error = (double)(fabsl(got - want) / size);
    return t->whole && error > 0 ? INFINITY : error;
}

static double product_error(const trial *t) {
    double worst = 0;
    multiply_b(t);
    for (size_t i = 0; i < t->m; i++) worst = rtk_worse(worst, row_error(t, i));
    return worst;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self;
    problem p = shape_of(args);
    long double *room = malloc(2 * p.k * sizeof *room);
    double *signs = malloc(p.n * sizeof *signs);
    if (!room || !signs) {
        free(room);
        free(signs);
        return RTK_ENOMEM;
    }
    truth->error = 0;
    for (size_t i = 0; i < p.batch * VECTORS; i++) {
        size_t at = i / VECTORS;
        trial t = {.m = p.m,
                   .n = p.n,
                   .k = p.k,
                   .br = room,
                   .size = room + p.k,
                   .r = signs,
                   .whole = args->value[INTEGERS] != 0};
        t.a = (const double *)rtk_view_at(views, 0)->data + at * p.m * p.k;
        t.b = (const double *)rtk_view_at(views, 1)->data + at * p.k * p.n;
        t.c = (const double *)rtk_view_at(views, 2)->data + at * p.m * p.n;
        draw(&t, host->random_bits(call ? call->seed : 0, i));
        truth->error = rtk_worse(truth->error, product_error(&t));
    }
    free(signs);
    free(room);
    snprintf(truth->text, sizeof truth->text,
             "c r and a (b r) differ by %.2g of |a| |b| 1", truth->error);
    return RTK_OK;
}

/* ---- Table ----------------------------------------------------------------
 */

static double flops(void *self, const rtk_args *args) {
    (void)self;
    problem p = shape_of(args);
    return 2 * (double)p.m * (double)p.n * (double)p.k * (double)p.batch;
}

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    problem p = shape_of(args);
    return 8 * (double)(p.m * p.k + p.k * p.n + p.m * p.n) * (double)p.batch;
}

/* A product's error is at most k half ulps of |a| |b| for any order of the
 * sum, two products differ by twice that; k is at most 4096. */
static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_B,
    .tolerance = 1e-12,
    .promises = RTK_UNALIGNED | RTK_NESTABLE | RTK_WORKERS_GRAMMAR |
                RTK_UNLOADABLE | RTK_ENVIRONMENT_KEPT | RTK_NO_MEMORY_GROWTH |
                RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_IDLE | RTK_PROCESS_SAFE |
                RTK_NO_DESCRIPTORS_LEFT};

static const rtk_op op = {
    .size = sizeof op, .name = "run", .claims = &claims, .run = run};

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "linalg.gemm",
    .summary = "products of double matrices on OpenBLAS",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .open = open_blas,
    .close = close_blas,
    .ops = &op,
    .n_ops = 1,
    .op_size = sizeof op,
    .check = check,
    .flops = flops,
    .bytes = bytes};

const rtk_subject *rtk_gemm_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
