/* Any CBLAS and LAPACK library with 32-bit integers, named by RACETRACK_BLAS,
 * as a plug-in. The subjects claim what programs rely on; what a library's own
 * documentation says stands beside each. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/libraries/blas_symbols.h"

rtk_blas rtk_blas_in_use;
const rtk_host *rtk_blas_host;
static rtk_library library;

enum { OPS_MOST = 48 };

double rtk_blas_whole(uint64_t seed, uint64_t i) {
    return (double)(rtk_blas_host->random_bits(seed, i) % 7) - 3;
}

/* ---- Claims -----------------------------------------------------------------
 */

/* OpenBLAS's FAQ and README: calls are thread-safe; BLIS's Multithreading page:
 * the same. Forks, exit and unloading are documented by none, and every Python
 * program does them. */
#define RTK_RELIED_ON                                                          \
    (RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE | RTK_FORK_SAFE_IDLE |            \
     RTK_FORK_SAFE_BUSY | RTK_ENVIRONMENT_KEPT | RTK_UNALIGNED |               \
     RTK_NESTABLE | RTK_UNLOADABLE | RTK_EXIT_SAFE_BUSY)

const rtk_claims rtk_blas_exact = {.size = sizeof(rtk_claims),
                                   .mt = RTK_MT_SAFE,
                                   .repeatable = RTK_TIER_B,
                                   .tolerance = 0,
                                   .promises = RTK_RELIED_ON};

const rtk_claims rtk_blas_close = {.size = sizeof(rtk_claims),
                                   .mt = RTK_MT_SAFE,
                                   .repeatable = RTK_TIER_B,
                                   .tolerance = 1e-10,
                                   .promises = RTK_RELIED_ON};

/* ---- Parameters and instances
 * ------------------------------------------------
 */

static const int64_t n_stress[] = {3, 16, 40, 64, 96},
                     n_thresholds[] = {4, 16, 32, 64},
                     threads_stress[] = {1, 2, 4, 8};

static const rtk_param params[RTK_BLAS_PARAMS] = {
    [RTK_BLAS_N] = {.size = sizeof *params,
                    .name = "n",
                    .summary = "order of the matrices",
                    .initial = 64,
                    .least = 1,
                    .most = 256,
                    .stress = n_stress,
                    .n_stress = 5,
                    .thresholds = n_thresholds,
                    .n_thresholds = 4},
    [RTK_BLAS_THREADS] = {.size = sizeof *params,
                          .name = "threads",
                          .summary = "threads of the library, set before the "
                                     "first call",
                          .initial = 2,
                          .least = 1,
                          .most = 64,
                          .stress = threads_stress,
                          .n_stress = 4},
};

/* Held while the number of threads is set for the first time. */
static pthread_mutex_t first_use = PTHREAD_MUTEX_INITIALIZER;

/* Once a process: setting it again while others compute is what the subject
 * blas.threads does on purpose. */
static void set_once(int threads) {
    static bool done; /* guarded by first_use */
    pthread_mutex_lock(&first_use);
    if (!done) rtk_blas_set_threads(threads);
    done = true;
    pthread_mutex_unlock(&first_use);
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)views, (void)workers;
    if (!library.handle) return RTK_EUNSUPPORTED;
    set_once((int)args->value[RTK_BLAS_THREADS]);
    *instance = &library;
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    (void)self, (void)instance;
}

/* ---- Table ------------------------------------------------------------------
 */

static rtk_op calls[OPS_MOST], with_controls[OPS_MOST];

static rtk_subject calls_subject = {.size = sizeof(rtk_subject),
                                    .name = "blas.calls",
                                    .summary =
                                        "calls of levels 1 to 3 and of LAPACK",
                                    .params = params,
                                    .n_params = RTK_BLAS_PARAMS,
                                    .param_size = sizeof(rtk_param),
                                    .open = start,
                                    .close = stop,
                                    .ops = calls,
                                    .op_size = sizeof(rtk_op)},
                   threads_subject = {
                       .size = sizeof(rtk_subject),
                       .name = "blas.threads",
                       .summary = "the same while the number of threads is set",
                       .params = params,
                       .n_params = RTK_BLAS_PARAMS,
                       .param_size = sizeof(rtk_param),
                       .open = start,
                       .close = stop,
                       .ops = with_controls,
                       .op_size = sizeof(rtk_op)};

static size_t append(rtk_op *to, size_t used,
                     const rtk_op *(*family)(size_t *n)) {
    size_t n;
    const rtk_op *ops = family(&n);
    memcpy(to + used, ops, n * sizeof *ops);
    return used + n;
}

static void fill_tables(void) {
    size_t n = append(calls, 0, rtk_blas_vectors);
    n = append(calls, n, rtk_blas_products);
    n = append(calls, n, rtk_blas_solvers);
    calls_subject.n_ops = append(calls, n, rtk_blas_queries);
    /* Every third operation sets the number, or nobody would meet it. */
    size_t m = append(with_controls, 0, rtk_blas_controls);
    m = append(with_controls, m, rtk_blas_controls);
    m = append(with_controls, m, rtk_blas_controls);
    m = append(with_controls, m, rtk_blas_products);
    threads_subject.n_ops = append(with_controls, m, rtk_blas_queries);
}

static void about(void (*say)(void *to, const char *key, const char *value),
                  void *to) {
    say(to, "library", library.handle ? library.path : library.why);
    if (rtk_blas_in_use.openblas_get_config)
        say(to, "OpenBLAS", rtk_blas_in_use.openblas_get_config());
    if (rtk_blas_in_use.bli_info_get_version_str)
        say(to, "BLIS", rtk_blas_in_use.bli_info_get_version_str());
}

static void find_symbols(void) {
#define RTK_SYMBOL(name, result, arguments)                                    \
    rtk_library_find(&library, #name, &rtk_blas_in_use.name);
    RTK_BLAS_SYMBOLS(RTK_SYMBOL)
#undef RTK_SYMBOL
}

/* Integers of 64 bits under the usual names would read past ours. */
static bool wide_integers(void) {
    const rtk_blas *b = &rtk_blas_in_use;
    return (b->openblas_get_config &&
            strstr(b->openblas_get_config(), "USE64BITINT")) ||
           strstr(library.path, "blas64");
}

__attribute__((destructor)) static void unload(void) {
    rtk_library_close(&library);
}

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static const rtk_subject *const subjects[] = {&calls_subject,
                                                  &threads_subject};
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "blas",
                                      .version = "1",
                                      .subjects = subjects,
                                      .n_subjects = 2,
                                      .about = about};
    if (host->abi != RTK_ABI) return NULL;
    rtk_blas_host = host;
    if (!rtk_library_open(&library, "RACETRACK_BLAS", "cblas_dgemm")) {
        fprintf(stderr, "racetrack: no BLAS library: %s\n", library.why);
        return NULL;
    }
    find_symbols();
    if (wide_integers()) {
        fprintf(stderr,
                "racetrack: %s has 64-bit integers; this plug-in is for those "
                "with 32-bit ones\n",
                library.path);
        return NULL;
    }
    fill_tables();
    return &plugin;
}
