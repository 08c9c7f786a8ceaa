/* The library under test: its threads, its name, the width of its integers. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "kernels/libraries/blas/blas.h"

const rtk_host *rtk_blas_host;

#define PRECISIONS(part, s, d, c, z)                                           \
    {"single " part, s}, {"double " part, d}, {"complex " part, c}, {          \
        "double complex " part, z                                              \
    }

/* What may be missing, or come from other shared objects. */
static const rtk_library_part parts[] = {
    PRECISIONS("BLAS", "cblas_sgemm", "cblas_dgemm", "cblas_cgemm",
               "cblas_zgemm"),
    PRECISIONS("LU", "sgetrf_", "dgetrf_", "cgetrf_", "zgetrf_"),
    PRECISIONS("LAPACK", "ssyev_", "dsyev_", "cheev_", "zheev_")};

/* Set while the plug-in is loaded, then read-only. */
static rtk_library library;
static rtk_blas_control control;

/* Threads asked for in this process; 0: nobody has asked yet. */
static atomic_int pool;

/* The calls that a library has for its number of threads. */
rtk_blas_control rtk_blas_control_of(const rtk_library *of) {
    static const char *const whole[] = {"openblas_set_num_threads",
                                        "MKL_Set_Num_Threads",
                                        "flexiblas_set_num_threads"};
    rtk_blas_control c = {.wide = (void (*)(int64_t))rtk_library_function(
                              of, "bli_thread_set_num_threads"),
                          .loops = (void (*)(int))rtk_library_function(
                              of, "omp_set_num_threads")};
    for (size_t i = 0; !c.set && i < RTK_LENGTH(whole); i++)
        c.set = (void (*)(int))rtk_library_function(of, whole[i]);
    return c;
}

bool rtk_blas_control_set(const rtk_blas_control *c, int threads) {
    if (c->set) c->set(threads);
    if (c->wide) c->wide(threads);
    return c->set || c->wide;
}

bool rtk_blas_set_threads(int threads) {
    return rtk_blas_control_set(&control, threads);
}

void rtk_blas_pool(int threads) {
    /* Guards the first call of the setter: those who come while it is made
     * wait for it. Nobody holds it for long, and never in a call that is
     * judged. */
    static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
    /* Pairs with the release below. */
    if (atomic_load_explicit(&pool, memory_order_acquire)) return;
    pthread_mutex_lock(&first);
    if (!atomic_load_explicit(&pool, memory_order_relaxed)) {
        rtk_blas_set_threads(threads);
        atomic_store_explicit(&pool, threads, memory_order_release);
    }
    pthread_mutex_unlock(&first);
}

void rtk_blas_settle(void) {
    int threads = atomic_load_explicit(&pool, memory_order_relaxed);
    if (control.loops && threads) control.loops(threads);
}

rtk_library *rtk_blas_library(void) {
    return &library;
}

/* A length of 2 in 32 bits with all bits set behind it: to who reads 64 it is
 * below zero, and such a sum is zero. */
static bool wide_integers(void) {
    typedef double (*dot)(const int32_t *, const double *, const int32_t *,
                          const double *, const int32_t *);
    dot ddot = (dot)rtk_library_function(&library, "ddot_");
    static const int32_t n[2] = {2, -1}, one[2] = {1, 0};
    static const double x[] = {1, 2};
    return ddot && ddot(n, x, one, x, one) != 5;
}

rtk_status rtk_blas_open(char *sentence, size_t room) {
    rtk_status s = rtk_library_open(&library, "RACETRACK_BLAS", sentence, room);
    if (s) return s;
    control = rtk_blas_control_of(&library);
    rtk_library_look(&library, parts, RTK_LENGTH(parts));
    if (!wide_integers()) return RTK_OK;
    snprintf(sentence, room,
             "%s has integers of 64 bits; only libraries whose integers have "
             "32 can be tried",
             library.path);
    return RTK_EINVAL;
}

/* ---- What it says of itself ---------------------------------------------- */

static const char *text_of(const char *function) {
    const char *(*f)(void);
    f = (const char *(*)(void))rtk_library_function(&library, function);
    return f ? f() : NULL;
}

static const char *layer(void) {
    static const char *const name[] = {"none", "pthread", "OpenMP"};
    int (*f)(void);
    f = (int (*)(void))rtk_library_function(&library, "openblas_get_parallel");
    int n = f ? f() : -1;
    if (n >= 0 && n < 3) return name[n];
    int (*openmp)(void), (*threads)(void);
    openmp = (int (*)(void))rtk_library_function(&library,
                                                 "bli_info_get_enable_openmp");
    threads = (int (*)(void))rtk_library_function(
        &library, "bli_info_get_enable_pthreads");
    if (!openmp || !threads) return NULL;
    return openmp() ? "OpenMP" : threads() ? "pthread" : "none";
}

static const char *core(void) {
    const char *name = text_of("openblas_get_corename");
    int (*id)(void);
    const char *(*string)(int);
    id = (int (*)(void))rtk_library_function(&library, "bli_arch_query_id");
    string =
        (const char *(*)(int))rtk_library_function(&library, "bli_arch_string");
    return name ? name : id && string ? string(id()) : NULL;
}

void rtk_blas_about(void (*say)(void *to, const char *key, const char *value),
                    void *to) {
    const char *config = text_of("openblas_get_config");
    const char *blis = text_of("bli_info_get_version_str");
    say(to, "library", library.path);
    if (config) say(to, "configuration", config);
    if (blis) say(to, "configuration", blis);
    if (core()) say(to, "core", core());
    if (layer()) say(to, "threads", layer());
    rtk_library_tell(&library, say, to);
}

void rtk_blas_unload(void) {
    rtk_library_close(&library);
}
