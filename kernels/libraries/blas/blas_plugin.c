/* Any BLAS and LAPACK as subjects, by the path in RACETRACK_BLAS.
 *
 * Claims are what users rely on, as no BLAS documents more than parts of it:
 *
 * - calls from many threads on data of their own: OpenBLAS says so of its
 *   threaded builds, and of a serial one that was built with USE_LOCKING (its
 *   FAQ); BLIS says so since 0.1.7 or so (its FAQ, "Is BLIS thread-safe?");
 *   the reference has no state;
 * - no access outside the arrays, wherever they lie (BLAS says what is
 *   referenced);
 * - use in many processes, and in the child of a fork that was made while
 *   nothing was computed: what Python's multiprocessing does by default, and
 *   what OpenBLAS has a fork handler for;
 * - dlclose() when nothing computes, and exit() while something does: plug-in
 *   systems and interpreters do so;
 * - the number of threads set while others compute: what scoped limits in
 *   several threads come to (OpenBLAS says that the number is global, not
 *   that it must not be set).
 *
 * Documented not to be safe, and so in subjects that are tried only by name: a
 * fork while another thread computes (POSIX: the child may call only functions
 * that are async-signal-safe). */

#include <stdio.h>
#include <stdlib.h>

#include "kernels/libraries/blas/blas.h"

/* ---- Parameters ---------------------------------------------------------- */

/* 64^3 and 100^2, 96^2, 181^2 are where OpenBLAS begins to use threads, in the
 * products, sums and matrix-vector products. */
static const int64_t n_stress[] = {16, 48, 64, 100, 129};
static const int64_t n_thresholds[] = {4, 64, 96, 100, 128, 182};
static const int64_t n_sweep[] = {32, 64, 128, 256, 512};
static const int64_t shapes[] = {0, 1, 2, 3};
static const int64_t threads[] = {1, 2, 4, 8};
static const int64_t both[] = {0, 1};
static const char *const shape_words[] = {"square", "tall", "skinny", "deep"};
static const char *const data_words[] = {"reals", "integers"};

enum { TALL = 1, SKINNY, DEEP };

const rtk_param rtk_blas_params[RTK_BLAS_PARAMS] = {
    [RTK_BLAS_N] = {.size = sizeof *rtk_blas_params,
                    .name = "n",
                    .summary = "order of a square matrix; vectors have n * n",
                    .initial = 64,
                    .least = 1,
                    .most = 2048,
                    .stress = n_stress,
                    .n_stress = RTK_LENGTH(n_stress),
                    .sweep = n_sweep,
                    .n_sweep = RTK_LENGTH(n_sweep),
                    .thresholds = n_thresholds,
                    .n_thresholds = RTK_LENGTH(n_thresholds)},
    [RTK_BLAS_SHAPE] = {.size = sizeof *rtk_blas_params,
                        .name = "shape",
                        .summary = "n x n, 4n x n, 4n x 4, or few rows and "
                                   "columns with long sums",
                        .initial = 0,
                        .least = 0,
                        .most = 3,
                        .stress = shapes,
                        .n_stress = RTK_LENGTH(shapes),
                        .words = shape_words},
    [RTK_BLAS_THREADS] = {.size = sizeof *rtk_blas_params,
                          .name = "blas",
                          .summary = "threads of the library, by its own "
                                     "function: the first caller decides, and "
                                     "has 2 at most beside more than 32",
                          .initial = 2,
                          .least = 1,
                          .most = 64,
                          .stress = threads,
                          .n_stress = RTK_LENGTH(threads)},
    [RTK_BLAS_DATA] = {.size = sizeof *rtk_blas_params,
                       .name = "data",
                       .summary = "reals, or whole numbers, for which "
                                  "products are exact",
                       .initial = 0,
                       .least = 0,
                       .most = 1,
                       .stress = both,
                       .n_stress = RTK_LENGTH(both),
                       .words = data_words}};

rtk_blas_shape rtk_blas_shape_of(const rtk_args *args) {
    const int64_t *v = args->value;
    size_t n = (size_t)v[RTK_BLAS_N], few = n < 16 ? n : 16;
    rtk_blas_shape s = {.m = n,
                        .n = n,
                        .k = n,
                        .threads = (int)v[RTK_BLAS_THREADS],
                        .whole = v[RTK_BLAS_DATA] != 0};
    if (v[RTK_BLAS_SHAPE] == TALL || v[RTK_BLAS_SHAPE] == SKINNY) s.m = 4 * n;
    if (v[RTK_BLAS_SHAPE] == SKINNY) s.n = n < 4 ? n : 4;
    if (v[RTK_BLAS_SHAPE] == DEEP) s.m = s.n = few, s.k = 8 * n;
    return s;
}

/* ---- Instances ----------------------------------------------------------- */

static rtk_status open_shape(void *self, const rtk_args *args,
                             const rtk_views *views, int64_t workers,
                             void **instance) {
    (void)self, (void)views, (void)workers;
    rtk_blas_shape *made = malloc(sizeof *made);
    if (!made) return RTK_ENOMEM;
    *made = rtk_blas_shape_of(args);
    made->pool = true;
    *instance = made;
    return RTK_OK;
}

/* Nobody asks for threads. */
static rtk_status open_plain(void *self, const rtk_args *args,
                             const rtk_views *views, int64_t workers,
                             void **instance) {
    (void)self, (void)views, (void)workers;
    rtk_blas_shape *made = malloc(sizeof *made);
    if (!made) return RTK_ENOMEM;
    *made = rtk_blas_shape_of(args);
    *instance = made;
    return RTK_OK;
}

static void close_shape(void *self, void *instance) {
    (void)self;
    free(instance);
}

/* ---- Subjects ------------------------------------------------------------ */

/* What is claimed of all calls. The error that a check tells is in units of
 * what rounding explains; real damage is larger by orders of magnitude. */
#define CALLS                                                                  \
    (RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE | RTK_NO_DESCRIPTORS_LEFT |       \
     RTK_NESTABLE | RTK_ENVIRONMENT_KEPT)
#define CLAIM(bits)                                                            \
    {                                                                          \
        .size = sizeof(rtk_claims), .mt = RTK_MT_SAFE,                         \
        .repeatable = RTK_TIER_C, .tolerance = 100, .promises = (bits)         \
    }

static const rtk_claims calls =
    CLAIM(CALLS | RTK_NO_MEMORY_GROWTH | RTK_FORK_SAFE_IDLE | RTK_UNLOADABLE |
          RTK_EXIT_SAFE_BUSY);
static const rtk_claims beside = CLAIM(CALLS);
static const rtk_claims bounds = CLAIM(CALLS | RTK_UNALIGNED);
static const rtk_claims reload = CLAIM(RTK_INPUTS_UNTOUCHED);
static const rtk_claims forked =
    CLAIM(RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_BUSY | RTK_ONLY_BY_NAME);

enum { FAMILIES = 7, SUBJECTS = 7 };

/* A subject, and the families that its operations come from. */
static const struct {
    const char *name, *summary;
    const rtk_claims *claims;
    rtk_status (*opener)(void *self, const rtk_args *args,
                         const rtk_views *views, int64_t workers,
                         void **instance);
    const rtk_blas_form *family[FAMILIES];
    const rtk_blas_form *needed; /* without one of these there is none */
} made_of[SUBJECTS] = {
    {"blas.calls",
     "vectors, matrices, factors, eigenvalues and singular values",
     &calls,
     open_shape,
     {rtk_blas_level1, rtk_blas_level2, rtk_blas_level3, rtk_blas_factors,
      rtk_blas_spectra},
     NULL},
    {"blas.environment",
     "the same with as many threads as the environment says",
     &beside,
     open_plain,
     {rtk_blas_level1, rtk_blas_level2, rtk_blas_level3, rtk_blas_factors,
      rtk_blas_spectra},
     NULL},
    {"blas.bounds",
     "the same on arrays that end where memory ends",
     &bounds,
     open_shape,
     {rtk_blas_level1, rtk_blas_level2, rtk_blas_level3, rtk_blas_factors,
      rtk_blas_spectra},
     NULL},
    {"blas.threads",
     "products and factors while the number of threads is set",
     &beside,
     open_shape,
     {rtk_blas_setters, rtk_blas_level3, rtk_blas_factors},
     rtk_blas_setters},
    {"blas.queries",
     "questions about the library, beside products",
     &beside,
     open_shape,
     {rtk_blas_queries, rtk_blas_level3},
     rtk_blas_queries},
    {"blas.reload",
     "the library loaded and let go of for each call",
     &reload,
     open_plain,
     {rtk_blas_reloads},
     rtk_blas_reloads},
    {"blas.fork_busy",
     "a fork while others compute, which POSIX does not allow for",
     &forked,
     open_shape,
     {rtk_blas_level1, rtk_blas_level3, rtk_blas_factors},
     NULL}};

enum { OPS_MOST = RTK_BLAS_OPS_MAX };

static bool any_of(const rtk_op *ops, size_t n, const rtk_blas_form *family) {
    for (const rtk_blas_form *f = family; f && f->name; f++)
        for (size_t i = 0; i < n; i++)
            if (ops[i].name == f->name) return true;
    return !family;
}

static bool make(size_t index, rtk_op ops[OPS_MOST], rtk_subject *subject) {
    size_t n = 0;
    for (size_t k = 0; k < FAMILIES && made_of[index].family[k]; k++)
        for (const rtk_blas_form *f = made_of[index].family[k]; f->name; f++)
            if (n < OPS_MOST &&
                !rtk_blas_op_make(f, made_of[index].claims, &ops[n]))
                n++;
    *subject = (rtk_subject){.size = sizeof *subject,
                             .name = made_of[index].name,
                             .summary = made_of[index].summary,
                             .params = rtk_blas_params,
                             .n_params = RTK_BLAS_PARAMS,
                             .param_size = sizeof *rtk_blas_params,
                             .open = made_of[index].opener,
                             .close = close_shape,
                             .ops = ops,
                             .n_ops = n,
                             .op_size = sizeof *ops};
    return n > 0 && any_of(ops, n, made_of[index].needed);
}

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static rtk_op ops[SUBJECTS][OPS_MOST];
    static rtk_subject subject[SUBJECTS];
    static const rtk_subject *list[SUBJECTS];
    static rtk_plugin plugin = {.size = sizeof plugin,
                                .abi = RTK_ABI,
                                .name = "blas",
                                .version = "0.1.0",
                                .subjects = list,
                                .about = rtk_blas_about,
                                .unload = rtk_blas_unload};
    char sentence[400];
    if (host->abi != RTK_ABI || host->size < sizeof *host) return NULL;
    rtk_blas_host = host;
    rtk_status s = rtk_blas_open(sentence, sizeof sentence);
    for (size_t i = 0; !s && i < SUBJECTS; i++)
        if (make(i, ops[i], &subject[i]))
            list[plugin.n_subjects++] = &subject[i];
    if (!s && !plugin.n_subjects) {
        s = RTK_EINVAL;
        snprintf(sentence, sizeof sentence,
                 "%s has none of the functions of CBLAS or LAPACK",
                 rtk_blas_library()->path);
    }
    if (s) {
        host->refuse(sentence);
        return NULL;
    }
    plugin.lane = rtk_library_lane(rtk_blas_library());
    return &plugin;
}
