/* linalg.gemm against a bare cblas_dgemm(): what the wrapper costs. Both in one
 * process and on the same arrays, one BLAS thread. */

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/sides.h"
#include "kernels/linalg/linalg.h"

enum { N_MAX = 256 };

static _Alignas(4096) double a[N_MAX * N_MAX], b[N_MAX * N_MAX],
    c[N_MAX * N_MAX];

static void multiply(double *to, size_t n) {
    blasint m = (blasint)n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, m, m, 1, a, m, b,
                m, 0, to, m);
}

static rtk_status ours(size_t n) {
    const size_t shape[] = {n, n};
    rtk_array x = rtk_array_dense(RTK_DOUBLE, 2, shape, a);
    rtk_array y = rtk_array_dense(RTK_DOUBLE, 2, shape, b);
    rtk_array z = rtk_array_dense(RTK_DOUBLE, 2, shape, c);
    const rtk_linalg_options how = {.size = sizeof how, .workers = 1};
    return rtk_matmul(&x, &y, &z, &how);
}

static void run_ours(void *state, uint64_t calls) {
    size_t n = *(const size_t *)state;
    rtk_status s = RTK_OK;
    for (uint64_t i = 0; i < calls && !s; i++) s = ours(n);
    if (s) abort();
}

static void run_theirs(void *state, uint64_t calls) {
    size_t n = *(const size_t *)state;
    for (uint64_t i = 0; i < calls; i++) multiply(c, n);
}

static rtk_status compare(size_t n, char *sentence) {
    static double truth[N_MAX * N_MAX];
    rtk_status s = ours(n);
    multiply(truth, n);
    if (s || memcmp(c, truth, n * n * sizeof *c) == 0) return s;
    snprintf(sentence, RTK_SIDE_SENTENCE,
             "the product of %zu x %zu is not cblas_dgemm's", n, n);
    return RTK_EFAILED;
}

static rtk_status open_gemm(const rtk_side *side, void **state,
                            char sentence[RTK_SIDE_SENTENCE]) {
    openblas_set_num_threads(1);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++) {
        a[i] = 1 + (double)(i % 7) / 8;
        b[i] = 1 + (double)(i % 5) / 8;
    }
    *state = (void *)(uintptr_t)side->self;
    return compare(*(const size_t *)side->self, sentence);
}

#define SIDE(what, n, library, whose, function)                                \
    {                                                                          \
        .group = "gemm", .title = what, .peer = library, .kind = whose,        \
        .workers = 1, .process = "gemm", .self = &(n), .open = open_gemm,      \
        .run = function                                                        \
    }
#define SIDES(what, n)                                                         \
    SIDE(what, n, RTK_OURS, RTK_KIND_OURS, run_ours),                          \
        SIDE(what, n, "cblas_dgemm", RTK_KIND_PEER, run_theirs)

rtk_sides rtk_gemm_sides(void) {
    static const size_t small = 32, middle = 64, large = 256;
    static const rtk_side sides[] = {SIDES("n = 32", small),
                                     SIDES("n = 64", middle),
                                     SIDES("n = 256", large)};
    return (rtk_sides){sides, sizeof sides / sizeof *sides};
}
