#ifndef RTK_REAL_LIBRARIES_H
#define RTK_REAL_LIBRARIES_H

/* The libraries of Debian that the tests load, and what the tests ask of them.
 * All stay loaded: a pool that has started cannot be taken away. */

#include "kernels/workers/test/unit.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "kernels/threadpools/pool_limits.h"

#define REAL_FOLDER "/usr/lib/x86_64-linux-gnu/"

enum { REAL_MOST = 64 };

/* A library that is loaded by path, and what threadpoolctl says of it. */
typedef struct real_library {
    const char *path, *internal_api, *layer;
} real_library;

static const real_library real_blas[] = {
    {REAL_FOLDER "openblas-pthread/libopenblas.so.0", "openblas", "pthreads"},
    {REAL_FOLDER "openblas-openmp/libopenblas.so.0", "openblas", "openmp"},
    {REAL_FOLDER "openblas-serial/libopenblas.so.0", "openblas", "disabled"},
    {REAL_FOLDER "openblas64-pthread/libopenblas64.so.0", "openblas",
     "pthreads"},
    {REAL_FOLDER "openblas64-openmp/libopenblas64.so.0", "openblas", "openmp"},
    {REAL_FOLDER "openblas64-serial/libopenblas64.so.0", "openblas",
     "disabled"},
    {REAL_FOLDER "blis-openmp/libblis.so.4", "blis", "openmp"},
    {REAL_FOLDER "blis-pthread/libblis.so.4", "blis", "pthreads"},
    {REAL_FOLDER "blis-serial/libblis.so.4", "blis", "disabled"},
};
static const real_library real_openmp[] = {
    {REAL_FOLDER "libgomp.so.1", "openmp", NULL},
    {REAL_FOLDER "libomp.so.5", "openmp", NULL},
};

enum {
    REAL_BLAS = sizeof real_blas / sizeof *real_blas,
    REAL_OPENMP = sizeof real_openmp / sizeof *real_openmp
};

/* ThreadSanitizer does not see into libraries that it did not build: it takes
 * their own locks for races. MT-Safe. */
static inline void real_skip_under_tsan(void) {
    if (strcmp(RTK_LANE, "tsan")) return;
    print_message("skipped: the distribution's libraries are not built for "
                  "ThreadSanitizer\n");
    skip();
}

/* Load a library, apart from all others, or skip the test. MT-Safe. */
static inline void *real_load(const char *path) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    print_message("skipped: %s; see ci/setup --dev\n", dlerror());
    skip();
    return NULL;
}

/* Load all of them, or skip the test. MT-Safe. */
static inline void real_load_all(void) {
    real_skip_under_tsan();
    for (int i = 0; i < REAL_BLAS; i++) real_load(real_blas[i].path);
    for (int i = 0; i < REAL_OPENMP; i++) real_load(real_openmp[i].path);
}

/* A controller of what is loaded now; the caller frees it. MT-Safe. */
static inline rtk_pools *real_pools(void) {
    rtk_pools *pools = NULL;
    assert_int_equal(RTK_OK, rtk_pools_new(&pools));
    return pools;
}

/* The copy whose file is, links resolved, that of `path`. MT-Safe. */
static inline rtk_pool_info real_find(const rtk_pools *pools,
                                      const char *path) {
    rtk_pool_info info = {0};
    char *file = realpath(path, NULL);
    assert_non_null(file);
    for (size_t i = 0; i < rtk_pools_count(pools); i++) {
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        if (strcmp(info.path, file) == 0) break;
        info.id = 0;
    }
    free(file);
    return info;
}

/* All counts at one time. */
typedef struct real_counts {
    size_t n;
    uint64_t id[REAL_MOST];
    int threads[REAL_MOST];
} real_counts;

/* The counts now. MT-Safe. */
static inline real_counts real_count(const rtk_pools *pools) {
    real_counts counts = {.n = rtk_pools_count(pools)};
    assert_true(counts.n <= REAL_MOST);
    for (size_t i = 0; i < counts.n; i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        counts.id[i] = info.id;
        counts.threads[i] = info.threads;
    }
    return counts;
}

/* That nothing has changed since. MT-Safe. */
static inline void real_unchanged(const rtk_pools *pools,
                                  const real_counts *before) {
    real_counts now = real_count(pools);
    assert_int_equal(before->n, now.n);
    for (size_t i = 0; i < now.n; i++) {
        assert_int_equal(before->id[i], now.id[i]);
        assert_int_equal(before->threads[i], now.threads[i]);
    }
}

/* Open a scope with one limit. MT-Safe. */
static inline rtk_limits *real_limit(rtk_pools *pools, rtk_limit limit,
                                     unsigned flags) {
    rtk_limits *scope = NULL;
    rtk_limit_request request = {sizeof request, &limit, 1, flags};
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
    return scope;
}

/* End a scope that this thread has begun. MT-Safe. */
static inline void real_end(rtk_limits *scope) {
    assert_int_equal(RTK_OK, rtk_limits_end(scope, NULL));
}

#endif
