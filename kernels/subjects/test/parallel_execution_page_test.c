/* What SciPy's page "Parallel execution support" says, P1 to P5 and P7, as it
 * is to be had here; docs/workers.md has the page bullet by bullet. */

#include "kernels/subjects/test/page_kernels.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>

#include "kernels/threadpools/threadpools.h"

enum { CROWD_PARTS = 24, WAIT_S = 60 };

/* ---- How many at once -----------------------------------------------------
 */

/* A loop that counts how many of its parts run at once. Each part
 * waits, for at most `wait_s` seconds, until `wanted` do. */
typedef struct crowd {
    unsigned wanted, wait_s;
    unsigned inside, most; /* atomic */
} crowd;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Relaxed everywhere: numbers are all that is handed over. */
static rtk_status crowd_part(void *arg, size_t part) {
    crowd *c = arg;
    (void)part;
    unsigned now = __atomic_add_fetch(&c->inside, 1, __ATOMIC_RELAXED);
    unsigned most = __atomic_load_n(&c->most, __ATOMIC_RELAXED);
    while (now > most &&
           !__atomic_compare_exchange_n(&c->most, &most, now, 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    double end = now_s() + c->wait_s;
    struct timespec pause = {0, 100000};
    while (__atomic_load_n(&c->most, __ATOMIC_RELAXED) < c->wanted &&
           now_s() < end)
        nanosleep(&pause, NULL);
    /* Long enough that one more than wanted would be seen. */
    nanosleep(&pause, NULL);
    __atomic_sub_fetch(&c->inside, 1, __ATOMIC_RELAXED);
    return RTK_OK;
}

/* ---- This program once more, in a process of its own ----------------------
 */

/* Exit code of this program with `what` as its argument and the variables
 * name = value, ... set. */
static int again(const char *what, const char *const *variables) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        for (; *variables; variables += 2)
            setenv(variables[0], variables[1], 1);
        alarm(CHILD_SECONDS);
        execl("/proc/self/exe", "page", what, (char *)NULL);
        _exit(255);
    }
    assert_true(child > 0);
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static rtk_pool *sharing_pool(unsigned threads) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = threads, .always_share = 1};
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    return pool;
}

static unsigned most_at_once(rtk_pool *pool, unsigned workers) {
    crowd c = {.wanted = workers, .wait_s = WAIT_S};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = CROWD_PARTS,
                     .run = crowd_part,
                     .arg = &c,
                     .schedule = RTK_DYNAMIC,
                     .part_ns = 1000000000};
    assert_int_equal(RTK_OK, rtk_work_run(&work, NULL));
    return c.most;
}

/* ---- P1 to P3: one thread, but for BLAS, which is told from outside -------
 */

static void *out_of(size_t bytes) {
    void *out = calloc(1, bytes);
    assert_non_null(out);
    return out;
}

/* Threads that all kernels together leave behind, on one worker. */
static int threads_left(void) {
    void *out = out_of(PAGE_BYTES);
    page_set_up();
    unsigned before = unit_threads();
    for (int i = 0; i < PAGE_KERNELS; i++)
        if (page_kernels[i].run(RTK_WORKERS_DEFAULT, out, NULL) ||
            page_kernels[i].run(1, out, NULL))
            return 200;
    free(out);
    return (int)(unit_threads() - before);
}

static void p1_no_thread_unless_asked(void **state) {
    static const char *const none[] = {NULL};
    (void)state;
    assert_int_equal(0, again("--threads-left", none));
}

static int blas_threads(void) {
    enum { N = 256 };
    size_t bytes = sizeof(double) * N * N;
    double *a = out_of(bytes), *b = out_of(bytes), *c = out_of(bytes);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b,
                N, 0, c, N);
    free(a);
    free(b);
    free(c);
    return (int)unit_threads();
}

static void p2_blas_takes_all_cpus_unless_told(void **state) {
    static const char *const none[] = {NULL};
    static const char *const one[] = {"OPENBLAS_NUM_THREADS", "1", NULL};
    (void)state;
    unsetenv("OPENBLAS_NUM_THREADS");
    if (rtk_cpus_usable() == 1) {
        print_message("skipped: one CPU, on which BLAS has one thread too\n");
        skip();
    }
    assert_true(again("--blas-threads", none) > again("--blas-threads", one));
}

/* The most threads of any BLAS in `pools`. */
static int blas_most(const rtk_pools *pools) {
    int most = 0;
    for (size_t i = 0; i < rtk_pools_count(pools); i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        if (info.user_api == RTK_POOL_BLAS && info.threads > most)
            most = info.threads;
    }
    return most;
}

/* Limits BLAS for a block that it leaves by an error. */
static rtk_status fail_inside(rtk_pools *pools, int *within) {
    RTK_LIMITS_HERE(scope);
    rtk_status s = rtk_limits_begin_api(pools, RTK_POOL_BLAS, 1, &scope);
    if (s) return s;
    *within = blas_most(pools);
    return RTK_EFAILED;
}

static void p3_blas_is_limited_in_a_scope_and_after_an_error_not(void **state) {
    rtk_pools *pools = NULL;
    int within = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_pools_new(&pools));
    int before = blas_most(pools);
    assert_true(before >= 1);
    assert_int_equal(RTK_EFAILED, fail_inside(pools, &within));
    assert_int_equal(1, within);
    assert_int_equal(before, blas_most(pools));
    rtk_pools_free(pools);
}

/* ---- P4, P5: one argument, that means what it says ------------------------
 */

static void p4_every_kernel_takes_the_same_workers(void **state) {
    void *out = out_of(PAGE_BYTES);
    int64_t cpus = rtk_cpus_usable(), previous = 0;
    int64_t refused[] = {0, -cpus - 1, INT64_MIN + 1};
    (void)state;
    page_set_up();
    for (int i = 0; i < PAGE_KERNELS; i++) {
        const page_kernel *k = &page_kernels[i];
        unsigned effective = 77;
        print_message("%s\n", k->name);
        for (int j = 0; j < 3; j++)
            assert_int_equal(RTK_EINVAL, k->run(refused[j], out, NULL));
        assert_int_equal(RTK_OK, k->run(RTK_WORKERS_DEFAULT, out, &effective));
        assert_int_equal(1, effective);
        assert_int_equal(RTK_OK, k->run(-cpus, out, &effective));
        assert_int_equal(1, effective);
        assert_int_equal(RTK_OK, k->run(INT64_MAX, out, &effective));
        assert_int_equal(RTK_OK, rtk_workers_default_set(2, &previous));
        assert_int_equal(RTK_OK, k->run(RTK_WORKERS_DEFAULT, out, &effective));
        assert_in_range(effective, 1, 2);
        rtk_workers_default_restore(&previous);
    }
    free(out);
}

static void p5_that_many_run_at_once_and_no_more(void **state) {
    rtk_pool *pool = sharing_pool(8);
    (void)state;
    for (unsigned workers = 1; workers <= 5; workers++)
        for (int round = 0; round < 3; round++)
            assert_int_equal(workers, most_at_once(pool, workers));
    rtk_pool_free(pool);
}

/* ---- P7: no OpenMP --------------------------------------------------------
 */

static void p7_there_is_no_openmp_in_here(void **state) {
    static const char *const names[] = {"omp_get_num_threads", "GOMP_parallel",
                                        "__kmpc_fork_call", "GOMP_barrier"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(dlsym(RTLD_DEFAULT, names[i]));
}

/* Usable CPUs and how many of three ran at once, in one number. */
static int what_omp_sees(void) {
    rtk_pool *pool = sharing_pool(3);
    unsigned most = most_at_once(pool, 3), all = 0;
    rtk_pool_free(pool);
    if (rtk_workers_resolve(-1, 16, &all)) return 255;
    return (int)(all * 4 + most);
}

static void p7_variables_of_openmp_change_nothing(void **state) {
    static const char *const none[] = {NULL};
    static const char *const omp[] = {"OMP_NUM_THREADS",
                                      "1",
                                      "OMP_THREAD_LIMIT",
                                      "1",
                                      "OMP_DYNAMIC",
                                      "true",
                                      "OMP_MAX_ACTIVE_LEVELS",
                                      "0",
                                      "OMP_PROC_BIND",
                                      "master",
                                      NULL};
    (void)state;
    int plain = again("--omp", none);
    assert_int_equal(3, plain % 4);
    assert_int_equal(plain, again("--omp", omp));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p1_no_thread_unless_asked),
        cmocka_unit_test(p2_blas_takes_all_cpus_unless_told),
        cmocka_unit_test(p3_blas_is_limited_in_a_scope_and_after_an_error_not),
        cmocka_unit_test(p4_every_kernel_takes_the_same_workers),
        cmocka_unit_test(p5_that_many_run_at_once_and_no_more),
        cmocka_unit_test(p7_there_is_no_openmp_in_here),
        cmocka_unit_test(p7_variables_of_openmp_change_nothing),
    };
    if (argc > 1 && !strcmp(argv[1], "--threads-left")) return threads_left();
    if (argc > 1 && !strcmp(argv[1], "--blas-threads")) return blas_threads();
    if (argc > 1 && !strcmp(argv[1], "--omp")) return what_omp_sees();
    return RTK_RUN(tests);
}
