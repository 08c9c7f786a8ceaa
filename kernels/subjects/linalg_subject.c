/* linalg.batch: batches of matrices, some of which cannot be done, by every
 * operation of kernels/linalg/linalg.h: so that calls of different LAPACK
 * routines meet.
 *
 * The BLAS has one thread: then bits are equal for any workers (linalg.gemm has
 * more). What is wrong with which matrix follows from its index, so info is
 * known exactly. */

#include "kernels/subjects/subjects.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/subjects/linalg_kinds.h"

enum { TYPE, N_, M_, BATCH, ILL, PARAMS };

static const rtk_host *host;

static const int64_t type_stress[] = {0, 1, 2, 3};
static const int64_t n_stress[] = {2, 5, 9};
static const int64_t n_sweep[] = {8, 16, 32, 64, 128, 256};
static const int64_t m_stress[] = {0, 4};
static const int64_t batch_stress[] = {1, 4, 9};
static const int64_t both[] = {0, 1};
static const char *const types[] = {"double", "float", "complex128",
                                    "complex64"};
static const char *const inputs[] = {"regular", "mixed"};

static const rtk_param params[PARAMS] = {
    [TYPE] = {.size = sizeof *params,
              .name = "type",
              .summary = "numbers",
              .initial = 0,
              .least = 0,
              .most = 3,
              RTK_STRESS(type_stress),
              .words = types},
    [N_] = {.size = sizeof *params,
            .name = "n",
            .summary = "columns of a matrix",
            .initial = 32,
            .least = 1,
            .most = 1 << 10,
            RTK_STRESS(n_stress),
            RTK_SWEEP(n_sweep)},
    [M_] = {.size = sizeof *params,
            .name = "m",
            .summary = "rows, where it need not be square; 0 = n",
            .initial = 0,
            .least = 0,
            .most = 1 << 10,
            RTK_STRESS(m_stress)},
    [BATCH] = {.size = sizeof *params,
               .name = "batch",
               .summary = "matrices of one call",
               .initial = 64,
               .least = 1,
               .most = 1 << 16,
               RTK_STRESS(batch_stress)},
    [ILL] = {.size = sizeof *params,
             .name = "ill",
             .summary = "all regular, or some singular and some with NaN",
             .initial = 0,
             .least = 0,
             .most = 1,
             RTK_STRESS(both),
             .words = inputs},
};

/* ---- Matrices --------------------------------------------------------------
 */

typedef enum ill { WELL, SINGULAR, NOT_A_NUMBER } ill;

/* In every four, one is singular and one has a NaN. */
static ill state(const rtk_args *args, size_t t) {
    static const ill cycle[] = {WELL, SINGULAR, WELL, NOT_A_NUMBER};
    return args->value[ILL] ? cycle[t % RTK_LENGTH(cycle)] : WELL;
}

static size_t columns(const rtk_args *args) {
    return (size_t)args->value[N_];
}

static size_t rows(const rtk_args *args, const rtk_linalg_kind *kind) {
    bool given = args->value[M_] && !kind->square;
    return (size_t)args->value[given ? M_ : N_];
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The row and column that is zero in a singular one. */
static size_t hole(const rtk_args *args, const rtk_linalg_kind *kind) {
    return least(rows(args, kind), columns(args)) / 2;
}

static rtk_type type_of(const rtk_args *args, char number) {
    static const rtk_type same[] = {RTK_FLOAT64, RTK_FLOAT32, RTK_COMPLEX128,
                                    RTK_COMPLEX64};
    int64_t type = args->value[TYPE];
    if (number == 'p') return RTK_INT32;
    if (number == 'r') type %= 2;
    if (number == 'c') type = type % 2 + 2;
    return same[type];
}

static size_t length(const rtk_args *args, const rtk_linalg_kind *kind,
                     char letter) {
    switch (letter) {
    case 'm': return rows(args, kind);
    case 'n': return columns(args);
    case 'k': return least(rows(args, kind), columns(args));
    case 's': return RTK_LINALG_SIDES;
    default: return 0;
    }
}

static size_t results(const rtk_linalg_kind *kind) {
    size_t count = 0;
    while (count < RTK_LINALG_OUTS && kind->out[count].number) count++;
    return count;
}

static rtk_status describe(const rtk_linalg_kind *kind, const rtk_args *args,
                           rtk_views *views) {
    size_t count = results(kind), batch = (size_t)args->value[BATCH];
    if (views->n < RTK_LINALG_OUT + count + 1) return RTK_EINVAL;
    views->n = RTK_LINALG_OUT + count + 1;
    rtk_type type = type_of(args, 's');
    size_t m = rows(args, kind);
    rtk_describe(views, RTK_LINALG_A, "a", type, RTK_IN,
                 (size_t[3]){batch, m, columns(args)});
    rtk_describe(views, RTK_LINALG_B, "b", type, RTK_IN,
                 (size_t[3]){batch, m, RTK_LINALG_SIDES});
    for (size_t i = 0; i < count; i++) {
        const rtk_linalg_result *r = &kind->out[i];
        rtk_describe(views, RTK_LINALG_OUT + i, r->name,
                     type_of(args, r->number), RTK_OUT,
                     (size_t[3]){batch, length(args, kind, r->rows),
                                 length(args, kind, r->columns)});
    }
    rtk_describe(views, RTK_LINALG_OUT + count, "info", RTK_INT32, RTK_OUT,
                 (size_t[3]){batch});
    return RTK_OK;
}

/* One part of a number; `part` counts real and imaginary ones. */
static void put(const rtk_args *args, void *data, size_t part, double value) {
    if (args->value[TYPE] % 2)
        ((float *)data)[part] = (float)value;
    else
        ((double *)data)[part] = value;
}

static double entry(const rtk_args *args, const rtk_linalg_kind *kind,
                    size_t index, size_t part, double u) {
    size_t n = columns(args), m = rows(args, kind), gap = hole(args, kind);
    size_t t = index / (m * n), i = index / n % m, j = index % n;
    if (state(args, t) == SINGULAR && (i == gap || j == gap)) return 0;
    if (state(args, t) == NOT_A_NUMBER && i == gap && j == gap) return NAN;
    if (i == j) return part == 0 ? (double)n + u : 0;
    return u;
}

static rtk_status fill(const rtk_linalg_kind *kind, const rtk_args *args,
                       const rtk_views *views, uint64_t seed) {
    size_t parts = args->value[TYPE] < 2 ? 1 : 2;
    for (size_t v = 0; v < RTK_LINALG_OUT; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        size_t count = rtk_view_count(view) * parts;
        for (size_t p = 0; p < count; p++) {
            double u = host->random_uniform(seed + v, p) - 1;
            put(args, view->data, p,
                v ? u : entry(args, kind, p / parts, p % parts, u));
        }
    }
    return RTK_OK;
}

/* ---- Calls -----------------------------------------------------------------
 */

static void arrays(const rtk_views *views, rtk_array *out) {
    static const rtk_number numbers[] = {[RTK_FLOAT32] = RTK_FLOAT,
                                         [RTK_FLOAT64] = RTK_DOUBLE,
                                         [RTK_COMPLEX64] = RTK_FLOAT_COMPLEX,
                                         [RTK_COMPLEX128] = RTK_DOUBLE_COMPLEX,
                                         [RTK_INT32] = RTK_FLOAT};
    for (size_t i = 0; i + 1 < views->n; i++) {
        const rtk_view *v = rtk_view_at(views, i);
        out[i] = rtk_array_dense(numbers[v->type], v->rank, v->shape, v->data);
    }
}

static rtk_status run(const rtk_linalg_kind *kind, const rtk_views *views,
                      rtk_call *call) {
    rtk_array a[RTK_LINALG_OUT + RTK_LINALG_OUTS];
    unsigned effective = 0;
    rtk_linalg_options how = {.size = sizeof how,
                              .workers = call->workers,
                              .blas_threads = 1,
                              .info = rtk_view_at(views, views->n - 1)->data,
                              .effective = &effective};
    arrays(views, a);
    rtk_status s = kind->run(a, &how);
    call->effective_workers = effective;
    return s;
}

/* ---- The truth -------------------------------------------------------------
 */

static int expected(const rtk_linalg_kind *kind, const rtk_args *args,
                    size_t t) {
    if (kind->silent || state(args, t) == WELL) return 0;
    if (kind->edges && hole(args, kind) > 0) return 0;
    if (state(args, t) == NOT_A_NUMBER) return RTK_INFO_NOT_FINITE;
    return kind->singular ? (int)hole(args, kind) + 1 : 0;
}

/* All of matrix t of the first result is NaN. */
static bool spoiled(const rtk_args *args, const rtk_view *view, size_t t) {
    size_t parts =
        view->type == RTK_COMPLEX64 || view->type == RTK_COMPLEX128 ? 2 : 1;
    size_t each = rtk_view_count(view) / view->shape[0] * parts;
    for (size_t i = t * each; i < (t + 1) * each; i++) {
        double x = args->value[TYPE] % 2 ? (double)((float *)view->data)[i]
                                         : ((double *)view->data)[i];
        if (!isnan(x)) return false;
    }
    return true;
}

static double matrix_error(const rtk_linalg_kind *kind, const rtk_args *args,
                           const rtk_views *views, size_t t) {
    rtk_array a[RTK_LINALG_OUT + RTK_LINALG_OUTS];
    const int32_t *info = rtk_view_at(views, views->n - 1)->data;
    if (info[t] != expected(kind, args, t)) return INFINITY;
    if (info[t] < 0 || (info[t] && kind->spoiled))
        return spoiled(args, rtk_view_at(views, RTK_LINALG_OUT), t) ? 0
                                                                    : INFINITY;
    arrays(views, a);
    long double size = (long double)(rows(args, kind) + columns(args));
    bool narrow = args->value[TYPE] % 2;
    long double unit = narrow ? FLT_EPSILON : DBL_EPSILON;
    return (double)(kind->error(a, t) / (size * size * unit));
}

static rtk_status check(const rtk_linalg_kind *kind, const rtk_args *args,
                        const rtk_views *views, rtk_truth *truth) {
    size_t where = 0;
    truth->error = 0;
    for (size_t t = 0; t < (size_t)args->value[BATCH]; t++) {
        double e = matrix_error(kind, args, views, t);
        if (!rtk_is_worse(truth->error, e)) continue;
        truth->error = e;
        where = t;
    }
    const int32_t *info = rtk_view_at(views, views->n - 1)->data;
    snprintf(truth->text, sizeof truth->text,
             "%s of matrix %zu, info %d for %d, is off by %.2g roundings",
             kind->name, where, (int)info[where], expected(kind, args, where),
             truth->error);
    return RTK_OK;
}

/* ---- Table -----------------------------------------------------------------
 */

/* The contract's callbacks do not say which operation they are of. */
#define KIND(number)                                                           \
    static rtk_status describe_##number(void *self, const rtk_args *args,      \
                                        rtk_views *views) {                    \
        return describe(&((const rtk_linalg_kind *)self)[number], args,        \
                        views);                                                \
    }                                                                          \
    static rtk_status fill_##number(void *self, const rtk_args *args,          \
                                    const rtk_views *views, uint64_t seed) {   \
        return fill(&((const rtk_linalg_kind *)self)[number], args, views,     \
                    seed);                                                     \
    }                                                                          \
    static rtk_status run_##number(void *self, void *opened,                   \
                                   const rtk_views *views, rtk_call *call) {   \
        (void)opened;                                                          \
        return run(&((const rtk_linalg_kind *)self)[number], views, call);     \
    }                                                                          \
    static rtk_status check_##number(void *self, const rtk_args *args,         \
                                     const rtk_views *views,                   \
                                     const rtk_call *call, rtk_truth *truth) { \
        (void)call;                                                            \
        return check(&((const rtk_linalg_kind *)self)[number], args, views,    \
                     truth);                                                   \
    }
KIND(0)
KIND(1)
KIND(2)
KIND(3)
KIND(4)
KIND(5)
KIND(6)
KIND(7)
KIND(8)
KIND(9)
KIND(10)
KIND(11)
#undef KIND

/* In roundings of the sum of a matrix's lengths, squared. */
#define CLAIMS(more)                                                           \
    {                                                                          \
        .size = sizeof(rtk_claims), .mt = RTK_MT_SAFE,                         \
        .repeatable = RTK_TIER_A, .tolerance = 60,                             \
        .promises = RTK_UNALIGNED | RTK_NESTABLE | RTK_WORKERS_GRAMMAR |       \
                    RTK_UNLOADABLE | RTK_ENVIRONMENT_KEPT |                    \
                    RTK_NO_MEMORY_GROWTH | RTK_INPUTS_UNTOUCHED |              \
                    RTK_FORK_SAFE_IDLE | RTK_PROCESS_SAFE |                    \
                    RTK_NO_DESCRIPTORS_LEFT | (more)                           \
    }
static const rtk_claims claims = CLAIMS(RTK_SURVIVES_FAILURE);
/* FFTW ends the process when its memory runs out. */
static const rtk_claims spectral = CLAIMS(0);

#define OP(number, word, claimed)                                              \
    {                                                                          \
        .size = sizeof(rtk_op), .name = word, .claims = &(claimed),            \
        .run = run_##number, .check = check_##number,                          \
        .describe = describe_##number, .fill = fill_##number                   \
    }
static const rtk_op ops[RTK_LINALG_KINDS] = {OP(0, "solve", claims),
                                             OP(1, "matmul", claims),
                                             OP(2, "cholesky", claims),
                                             OP(3, "lu", claims),
                                             OP(4, "qr", claims),
                                             OP(5, "eigh", claims),
                                             OP(6, "eig", claims),
                                             OP(7, "svd", claims),
                                             OP(8, "lstsq", claims),
                                             OP(9, "toeplitz", spectral),
                                             OP(10, "solve_toeplitz", claims),
                                             OP(11, "circulant", spectral)};

/* Of the first operation, which is what a benchmark runs. */
static double flops(void *self, const rtk_args *args) {
    double n = (double)args->value[N_];
    bool complex = args->value[TYPE] > 1;
    (void)self;
    return (2 * n * n * n / 3 + 2 * n * n * (double)RTK_LINALG_SIDES) *
           (complex ? 4 : 1) * (double)args->value[BATCH];
}

static rtk_subject subject = {
    .size = sizeof subject,
    .name = "linalg.batch",
    .summary = "factors, solutions, eigenvalues and singular "
               "values of batches of matrices",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe_0,
    .fill = fill_0,
    .ops = ops,
    .n_ops = RTK_LINALG_KINDS,
    .op_size = sizeof *ops,
    .check = check_0,
    .flops = flops};

const rtk_subject *rtk_linalg_subject(const rtk_host *given) {
    host = given;
    subject.self = (void *)(uintptr_t)rtk_linalg_kinds();
    return &subject;
}
