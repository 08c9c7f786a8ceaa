#include "kernels/workers/test/unit.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernels/linalg/gemm.h"
#include "kernels/threadpools/threadpools.h"

static double *whole_numbers(size_t count, unsigned seed) {
    double *x = malloc(count * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1103515245 + 12345;
        x[i] = (double)((int)(seed >> 16) % 15 - 7);
    }
    return x;
}

static long long element(const rtk_gemm_problem *p, size_t t, size_t i,
                         size_t j) {
    long long sum = 0;
    for (size_t l = 0; l < p->k; l++)
        sum += (long long)(p->a[(t * p->m + i) * p->k + l] *
                           p->b[(t * p->k + l) * p->n + j]);
    return sum;
}

static void assert_product(const rtk_gemm_problem *p) {
    for (size_t t = 0; t < p->batch; t++)
        for (size_t i = 0; i < p->m; i++)
            for (size_t j = 0; j < p->n; j++) {
                double got = p->c[(t * p->m + i) * p->n + j];
                assert_true(got == (double)element(p, t, i, j));
            }
}

static void multiply(rtk_gemm_problem p, int64_t workers, int threads) {
    rtk_pools *pools = NULL;
    rtk_limits *scope = NULL;
    const rtk_limit limit = {.threads = threads, .user_api = RTK_POOL_BLAS};
    const rtk_limit_request request = {
        .size = sizeof request,
        .limits = &limit,
        .n_limits = 1,
        .flags = RTK_LIMIT_EXCLUSIVE | RTK_LIMIT_GROW | RTK_LIMIT_STRICT};
    size_t count = p.batch * p.m * p.n;
    double *a = whole_numbers(p.batch * p.m * p.k, 1);
    double *b = whole_numbers(p.batch * p.k * p.n, 2);
    double *c = malloc(count * sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < count; i++) c[i] = NAN;
    p.a = a;
    p.b = b;
    p.c = c;
    assert_int_equal(RTK_OK, rtk_pools_new(&pools));
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
    assert_int_equal(RTK_OK, rtk_gemm(&p, workers, NULL));
    assert_int_equal(RTK_OK, rtk_limits_end(scope, NULL));
    rtk_pools_free(pools);
    assert_product(&p);
    free(a);
    free(b);
    free(c);
}

static void whole_numbers_are_multiplied_exactly(void **state) {
    static const rtk_gemm_problem shapes[] = {
        {.m = 1, .n = 1, .k = 1, .batch = 1},
        {.m = 3, .n = 5, .k = 7, .batch = 1},
        {.m = 40, .n = 1, .k = 9, .batch = 1},
        {.m = 1, .n = 33, .k = 64, .batch = 1},
        {.m = 65, .n = 70, .k = 50, .batch = 1},
        {.m = 130, .n = 120, .k = 110, .batch = 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int threads = 1; threads <= 2; threads++)
            multiply(shapes[i], 1, threads);
}

static void a_batch_is_a_product_each_for_any_workers(void **state) {
    rtk_gemm_problem p = {.m = 16, .n = 24, .k = 20, .batch = 30};
    (void)state;
    for (int64_t workers = 1; workers <= 4; workers++) multiply(p, workers, 1);
    multiply(p, -1, 1);
}

enum { CALLERS = 300, CALLS = 20, SIDE = 48, SQUARE = SIDE * SIDE };

static pthread_barrier_t gate;

/* As many products at once as there are callers. NULL: all were right. */
static void *caller(void *arg) {
    rtk_gemm_problem p = *(const rtk_gemm_problem *)arg;
    double *c = calloc(p.m * p.n, sizeof *c);
    bool right = c != NULL;
    p.c = c;
    pthread_barrier_wait(&gate);
    for (int i = 0; right && i < CALLS; i++)
        right = rtk_gemm(&p, 1, NULL) == RTK_OK &&
                c[SIDE] == (double)element(&p, 0, 1, 0);
    free(c);
    return right ? NULL : arg;
}

static void more_callers_than_the_library_has_work_spaces_for(void **state) {
    pthread_t thread[CALLERS];
    double *a = whole_numbers(SQUARE, 1);
    double *b = whole_numbers(SQUARE, 2);
    rtk_gemm_problem p = {
        .m = SIDE, .n = SIDE, .k = SIDE, .batch = 1, .a = a, .b = b};
    void *wrong;
    (void)state;
    pthread_barrier_init(&gate, NULL, CALLERS);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(0, pthread_create(&thread[i], NULL, caller, &p));
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], &wrong);
        assert_null(wrong);
    }
    pthread_barrier_destroy(&gate);
    free(a);
    free(b);
}

static void sizes_out_of_range_are_refused(void **state) {
    double x[1] = {0};
    static const rtk_gemm_problem bad[] = {
        {.m = 0, .n = 1, .k = 1, .batch = 1},
        {.m = 1, .n = 0, .k = 1, .batch = 1},
        {.m = 1, .n = 1, .k = 0, .batch = 1},
        {.m = 1, .n = 1, .k = 1, .batch = 0},
        {.m = (size_t)INT_MAX + 1, .n = 1, .k = 1, .batch = 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rtk_gemm_problem p = bad[i];
        p.a = p.b = p.c = x;
        assert_int_equal(RTK_EINVAL, rtk_gemm(&p, 1, NULL));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_multiplied_exactly),
        cmocka_unit_test(a_batch_is_a_product_each_for_any_workers),
        cmocka_unit_test(more_callers_than_the_library_has_work_spaces_for),
        cmocka_unit_test(sizes_out_of_range_are_refused),
    };
    return RTK_RUN(tests);
}
