#include "bench/peers/kernel_peers/blas_arms.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "kernels/workers/workers.h"

enum { PARTS_EACH = 16 };

/* Integers of 32 and 64 bits by one declaration: in the ABI a number passed by
 * value fills its register either way, and one behind a pointer is read from
 * its low end. */
typedef int64_t number;
typedef void gemm(int order, int ta, int tb, number m, number n, number k,
                  double alpha, const void *a, number lda, const void *b,
                  number ldb, double beta, void *c, number ldc);
typedef void gemm_float(int order, int ta, int tb, number m, number n, number k,
                        float alpha, const void *a, number lda, const void *b,
                        number ldb, float beta, void *c, number ldc);
typedef void factor(const number *m, const number *n, void *a,
                    const number *lda, number *pivots, number *info);
typedef void substitute(const char *trans, const number *n, const number *nrhs,
                        const void *a, const number *lda, const number *pivots,
                        void *b, const number *ldb, number *info,
                        size_t trans_length);

typedef struct blas_arm {
    rtk_peer_arm arm;
    rtk_blas_spec spec;
    gemm *dgemm;
    gemm_float *sgemm;
    factor *getrf;
    substitute *getrs;
    void (*set_threads)(int64_t threads);
    const char *a, *b;
    char *c;
    rtk_pool *pool;
    char *scratch; /* for each part of a solve: a matrix and its pivots */
    size_t parts, part_bytes, number_bytes;
} blas_arm;

static void product(const blas_arm *a, size_t i) {
    number n = (number)a->spec.n;
    size_t at = i * a->spec.n * a->spec.n * a->number_bytes;
    if (a->spec.is_float)
        a->sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1,
                 a->a + at, n, a->b + at, n, 0, a->c + at, n);
    else
        a->dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1,
                 a->a + at, n, a->b + at, n, 0, a->c + at, n);
}

/* LAPACK takes our rows for columns: it factors the transposed matrix, and
 * solves with the transposed factors. */
static int solve(const blas_arm *a, size_t i, char *scratch) {
    number n = (number)a->spec.n, one = 1, info = 0;
    size_t line = a->spec.n * a->number_bytes, matrix = a->spec.n * line;
    number *pivots = (number *)(scratch + (matrix + 63) / 64 * 64);
    char *x = a->c + i * line;
    memcpy(scratch, a->a + i * matrix, matrix);
    memcpy(x, a->b + i * line, line);
    a->getrf(&n, &n, scratch, &n, pivots, &info);
    if (!info) a->getrs("T", &n, &one, scratch, &n, pivots, x, &n, &info, 1);
    return info != 0;
}

static rtk_status part(void *arg, size_t p) {
    const blas_arm *a = arg;
    size_t from = a->spec.batch * p / a->parts;
    size_t to = a->spec.batch * (p + 1) / a->parts;
    int failed = 0;
    for (size_t i = from; i < to; i++)
        if (a->spec.is_solve)
            failed |= solve(a, i, a->scratch + p * a->part_bytes);
        else
            product(a, i);
    return failed ? RTK_EFAILED : RTK_OK;
}

static int call(rtk_peer_arm *arm) {
    blas_arm *a = (blas_arm *)arm;
    if (!a->pool) return (int)part(a, 0);
    return (int)rtk_parallel_for(rtk_pool_executor(a->pool), a->spec.workers,
                                 a->parts, part, a, NULL);
}

static void before(rtk_peer_arm *arm) {
    const blas_arm *a = (const blas_arm *)arm;
    a->set_threads(a->spec.blas_threads);
}

static void drop(rtk_peer_arm *arm) {
    blas_arm *a = (blas_arm *)arm;
    rtk_pool_free(a->pool);
    free(a->scratch);
    free(a);
}

static int find(void *library, const rtk_blas_place *place, const char *name,
                void *to) {
    char full[64];
    snprintf(full, sizeof full, "%s%s%s", place->prefix, name, place->suffix);
    void *at = dlsym(library, full);
    memcpy(to, &at, sizeof at);
    return at != NULL;
}

static int load(blas_arm *a, const rtk_blas_place *place) {
    void *l = dlopen(place->path, RTLD_NOW | RTLD_LOCAL);
    int is_float = a->spec.is_float;
    if (!l) return 0;
    void *at = dlsym(l, place->set_threads);
    memcpy(&a->set_threads, &at, sizeof at);
    if (!at) return 0;
    if (a->spec.is_solve)
        return find(l, place, is_float ? "sgetrf_" : "dgetrf_", &a->getrf) &&
               find(l, place, is_float ? "sgetrs_" : "dgetrs_", &a->getrs);
    return is_float ? find(l, place, "cblas_sgemm", &a->sgemm)
                    : find(l, place, "cblas_dgemm", &a->dgemm);
}

static int prepare(blas_arm *a) {
    const rtk_blas_spec *s = &a->spec;
    rtk_pool_options options = {
        .size = sizeof options, .threads = s->workers, .always_share = 1};
    a->number_bytes = s->is_float ? sizeof(float) : sizeof(double);
    a->parts = s->workers > 1 ? PARTS_EACH * s->workers : 1;
    if (a->parts > s->batch) a->parts = s->batch;
    size_t matrix = (s->n * s->n * a->number_bytes + 63) / 64 * 64;
    a->part_bytes = (matrix + s->n * sizeof(number) + 63) / 64 * 64;
    a->scratch = aligned_alloc(64, a->parts * a->part_bytes);
    if (!a->scratch) return 0;
    memset(a->scratch, 0, a->parts * a->part_bytes);
    return s->workers == 1 || !rtk_pool_new_with(&a->pool, &options);
}

rtk_peer_arm *rtk_blas_arm(const rtk_blas_place *place,
                           const rtk_blas_spec *spec, const void *a,
                           const void *b, void *c) {
    blas_arm *arm = calloc(1, sizeof *arm);
    if (!arm) return NULL;
    arm->arm = (rtk_peer_arm){.call = call, .before = before, .drop = drop};
    arm->spec = *spec;
    arm->a = a;
    arm->b = b;
    arm->c = c;
    if (load(arm, place) && prepare(arm)) return &arm->arm;
    drop(&arm->arm);
    return NULL;
}
