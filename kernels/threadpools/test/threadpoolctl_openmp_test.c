/* What the tests of Python's threadpoolctl state of loops in OpenMP, with both
 * runtimes of the distribution: scenarios 14, 15, 18 and 22 of the table in
 * threadpoolctl_scenarios_test.c. openmp_module.c is built once with each. */

#include "kernels/threadpools/test/real_libraries.h"

#include <stdatomic.h>

/* The build names them, where it has the compilers for them. */
#ifndef RTK_MODULE_LIBGOMP
#define RTK_MODULE_LIBGOMP ""
#endif
#ifndef RTK_MODULE_LIBOMP
#define RTK_MODULE_LIBOMP ""
#endif

typedef int parallel(int threads, void (*body)(void *), void *arg);
typedef int team(void);

/* A runtime, through the module that was built with it. */
typedef struct runtime {
    const char *name, *module;
    parallel *parallel;
    team *team;
} runtime;

static runtime runtimes[] = {{"libgomp", RTK_MODULE_LIBGOMP, NULL, NULL},
                             {"libomp", RTK_MODULE_LIBOMP, NULL, NULL}};

enum { RUNTIMES = 2 };

static void load(void) {
    real_skip_under_tsan();
    for (int i = 0; i < RUNTIMES; i++) {
        if (!*runtimes[i].module) {
            print_message("skipped: there is no compiler for %s here\n",
                          runtimes[i].name);
            skip();
        }
        void *module = real_load(runtimes[i].module);
        *(void **)&runtimes[i].parallel = dlsym(module, "module_parallel");
        *(void **)&runtimes[i].team = dlsym(module, "module_team");
        assert_non_null(runtimes[i].parallel);
        assert_non_null(runtimes[i].team);
    }
}

static rtk_limit of_openmp(int threads) {
    return (rtk_limit){.threads = threads, .user_api = RTK_POOL_OPENMP};
}

/* 14 */
static void a_real_loop_has_the_threads_of_the_limit(void **state) {
    static const int counts[] = {1, 2, 4};
    (void)state;
    load();
    rtk_pools *pools = real_pools();
    for (int r = 0; r < RUNTIMES; r++) {
        int before = runtimes[r].team();
        for (int k = 0; k < 3; k++) {
            rtk_limits *scope =
                real_limit(pools, of_openmp(counts[k]), RTK_LIMIT_GROW);
            assert_int_equal(counts[k], runtimes[r].team());
            real_end(scope);
            assert_int_equal(before, runtimes[r].team());
        }
    }
    rtk_pools_free(pools);
}

/* What the threads of an outer loop see of an inner one. */
typedef struct nest {
    const rtk_limits *scope; /* to take part in, or NULL */
    team *inner;
    /* Relaxed: read after the loop. */
    _Atomic int most, failed;
} nest;

static void inside(void *arg) {
    nest *n = arg;
    rtk_limits *here = NULL;
    if (n->scope && rtk_limits_apply_here(n->scope, &here))
        atomic_fetch_add_explicit(&n->failed, 1, memory_order_relaxed);
    int seen = n->inner();
    int most = atomic_load_explicit(&n->most, memory_order_relaxed);
    while (most < seen && !atomic_compare_exchange_weak_explicit(
                              &n->most, &most, seen, memory_order_relaxed,
                              memory_order_relaxed)) {
    }
    if (rtk_limits_end(here, NULL))
        atomic_fetch_add_explicit(&n->failed, 1, memory_order_relaxed);
}

/* 15. Theirs may fail when the runtimes differ: a thread of the outer loop is
 * new to the inner runtime. Ours takes part in the scope by a call. */
static void an_inner_loop_is_limited_whatever_its_runtime(void **state) {
    static const int counts[] = {0, 1, 2, 4};
    (void)state;
    load();
    rtk_pools *pools = real_pools();
    for (int o = 0; o < RUNTIMES; o++)
        for (int i = 0; i < RUNTIMES; i++)
            for (int k = 0; k < 4; k++) {
                int plain = runtimes[o].team();
                rtk_limit one = of_openmp(1);
                one.prefix = runtimes[i].name;
                rtk_limits *scope = real_limit(pools, one, RTK_LIMIT_STRICT);
                nest n = {.scope = scope, .inner = runtimes[i].team};
                int outer = runtimes[o].parallel(counts[k], inside, &n);
                real_end(scope);
                assert_int_equal(0, n.failed);
                assert_int_equal(1, n.most);
                /* The outer loop names its count, or its own limit is 1. */
                assert_int_equal(counts[k] ? counts[k]
                                 : o == i  ? 1
                                           : plain,
                                 outer);
                assert_int_equal(plain, runtimes[o].team());
            }
    rtk_pools_free(pools);
}

/* ---- BLAS in a loop -------------------------------------------------------
 */

enum { N = 48, ROW_MAJOR = 101, AS_IT_IS = 111 };

typedef void dgemm(int, int, int, int, int, int, double, const double *, int,
                   const double *, int, double, double *, int);

typedef struct product {
    dgemm *gemm;
    rtk_pools *pools;
    uint64_t blas;
    const double *a, *b;
    /* Relaxed: read after the loop. */
    _Atomic int wrong, most;
} product;

/* Small whole numbers: the product is exact in any order. */
static double expected(int row, int column) {
    double sum = 0;
    for (int k = 0; k < N; k++)
        sum += (double)((row + k) % 7) * (double)((k * column) % 5);
    return sum;
}

static void multiply(void *arg) {
    product *p = arg;
    double c[N * N];
    rtk_pool_info info = {0};
    p->gemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, N, N, N, 1, p->a, N, p->b, N, 0, c,
            N);
    int wrong = 0;
    for (int i = 0; i < N * N; i++) wrong += c[i] != expected(i / N, i % N);
    if (rtk_pools_find(p->pools, p->blas, &info)) wrong++;
    atomic_fetch_add_explicit(&p->wrong, wrong, memory_order_relaxed);
    int most = atomic_load_explicit(&p->most, memory_order_relaxed);
    while (most < info.threads &&
           !atomic_compare_exchange_weak_explicit(&p->most, &most, info.threads,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

static void multiply_in_loops(const char *blas, const runtime *outer,
                              bool limited) {
    static const int counts[] = {0, 1, 2, 4};
    static double a[N * N], b[N * N];
    product p = {.a = a, .b = b};
    void *library = real_load(blas);
    *(void **)&p.gemm = dlsym(library, "cblas_dgemm");
    assert_non_null(p.gemm);
    for (int i = 0; i < N * N; i++) {
        a[i] = (i / N + i % N) % 7;
        b[i] = (i / N * (i % N)) % 5;
    }
    p.pools = real_pools();
    p.blas = real_find(p.pools, blas).id;
    for (int k = 0; k < 4; k++) {
        int plain = outer->team();
        rtk_limits *scope =
            real_limit(p.pools, rtk_limit_sequential_blas_under_openmp(), 0);
        int team_of_loop = outer->parallel(counts[k], multiply, &p);
        real_end(scope);
        assert_int_equal(counts[k] ? counts[k] : plain, team_of_loop);
        assert_int_equal(0, p.wrong);
        if (limited) assert_int_equal(1, p.most);
    }
    rtk_pools_free(p.pools);
}

/* 18 */
static void blas_in_a_loop_has_one_thread_and_is_right(void **state) {
    (void)state;
    load();
    for (int r = 0; r < RUNTIMES; r++) {
        multiply_in_loops(REAL_FOLDER "openblas-pthread/libopenblas.so.0",
                          &runtimes[r], true);
        multiply_in_loops(REAL_FOLDER "blis-pthread/libblis.so.4", &runtimes[r],
                          true);
    }
}

/* 18, with a BLAS that sees the loop by itself. */
static void blas_on_the_runtime_of_the_loop_is_right(void **state) {
    (void)state;
    load();
    multiply_in_loops(REAL_FOLDER "openblas-openmp/libopenblas.so.0",
                      &runtimes[0], false);
}

/* ---- Warnings -------------------------------------------------------------
 */

static void note(void *to, const char *sentence) {
    if (strstr(sentence, "OpenMP runtimes") && strstr(sentence, "libgomp") &&
        strstr(sentence, "libomp"))
        ++*(int *)to;
}

/* 22: theirs warns of libomp with libiomp alone. */
static void two_runtimes_are_warned_of(void **state) {
    int warned = 0;
    (void)state;
    load();
    rtk_pools *pools = real_pools();
    assert_true(rtk_pools_warnings(pools, note, &warned) >= 1);
    assert_int_equal(1, warned);
    rtk_pools_free(pools);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_loop_has_the_threads_of_the_limit),
        cmocka_unit_test(an_inner_loop_is_limited_whatever_its_runtime),
        cmocka_unit_test(two_runtimes_are_warned_of),
        cmocka_unit_test(blas_in_a_loop_has_one_thread_and_is_right),
        cmocka_unit_test(blas_on_the_runtime_of_the_loop_is_right),
    };
    return RTK_RUN(tests);
}
