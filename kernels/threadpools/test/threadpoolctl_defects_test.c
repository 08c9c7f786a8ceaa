/* Nine things that went wrong when Python's threadpoolctl was run on the
 * libraries of the distribution, one test for each: here they go right. */

#include "kernels/threadpools/test/real_libraries.h"

#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "kernels/threadpools/custom_pool.h"

#define PTHREAD_OPENBLAS REAL_FOLDER "openblas-pthread/libopenblas.so.0"

static const rtk_limit one_openblas = {.threads = 1,
                                       .internal_api = "openblas"};

/* Sets a library's count behind the controller's back, as its user may. */
static void set(void *library, int threads) {
    void (*function)(int) = NULL;
    *(void **)&function = dlsym(library, "openblas_set_num_threads");
    assert_non_null(function);
    function(threads);
}

static int count(const rtk_pools *pools) {
    return real_find(pools, PTHREAD_OPENBLAS).threads;
}

/* ---- 1: a wrapped function that calls itself kept the limit ---------------
 */

static unsigned not_one(rtk_pools *pools, int depth) {
    RTK_LIMITS_HERE(scope);
    scope = real_limit(pools, one_openblas, 0);
    unsigned wrong = depth ? not_one(pools, depth - 1) : 0;
    return wrong + (count(pools) != 1);
}

static void recursion_gives_the_limit_back(void **state) {
    (void)state;
    real_skip_under_tsan();
    set(real_load(PTHREAD_OPENBLAS), 2);
    rtk_pools *pools = real_pools();
    assert_int_equal(0, not_one(pools, 5));
    assert_int_equal(2, count(pools));
    rtk_pools_free(pools);
}

/* ---- 2: interleaved scopes of two threads left the wrong count ------------
 */

typedef struct turns {
    rtk_pools *pools;
    pthread_barrier_t turn;
    rtk_status status;
} turns;

static void *second(void *arg) {
    turns *t = arg;
    rtk_limit three = {.threads = 3, .internal_api = "openblas"};
    rtk_limit_request request = {sizeof request, &three, 1, 0};
    rtk_limits *scope = NULL;
    pthread_barrier_wait(&t->turn); /* the first has begun */
    t->status = rtk_limits_begin(t->pools, &request, &scope);
    pthread_barrier_wait(&t->turn); /* both are open */
    pthread_barrier_wait(&t->turn); /* the first has ended */
    if (!t->status) t->status = rtk_limits_end(scope, NULL);
    return NULL;
}

static void interleaved_scopes_of_two_threads_leave_nothing(void **state) {
    turns t = {0};
    pthread_t thread;
    (void)state;
    real_skip_under_tsan();
    set(real_load(PTHREAD_OPENBLAS), 4);
    t.pools = real_pools();
    pthread_barrier_init(&t.turn, NULL, 2);
    assert_int_equal(0, pthread_create(&thread, NULL, second, &t));
    rtk_limits *scope = real_limit(t.pools, one_openblas, 0);
    pthread_barrier_wait(&t.turn);
    pthread_barrier_wait(&t.turn);
    int both = count(t.pools);
    real_end(scope);
    int alone = count(t.pools);
    pthread_barrier_wait(&t.turn);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&t.turn);
    assert_int_equal(RTK_OK, t.status);
    assert_int_equal(1, both);
    assert_int_equal(3, alone);
    assert_int_equal(4, count(t.pools));
    rtk_pools_free(t.pools);
}

/* ---- 3: zero and negative were passed through -----------------------------
 */

static void zero_and_negative_never_reach_the_library(void **state) {
    (void)state;
    real_skip_under_tsan();
    set(real_load(PTHREAD_OPENBLAS), 2);
    rtk_pools *pools = real_pools();
    for (int threads = -1; threads <= 0; threads++) {
        rtk_limits *scope = NULL;
        assert_int_equal(RTK_EINVAL, rtk_limits_begin_api(pools, RTK_POOL_ANY,
                                                          threads, &scope));
        assert_null(scope);
        assert_int_equal(2, count(pools));
    }
    rtk_pools_free(pools);
}

/* ---- 4: a thousand were clamped and started, and stayed -------------------
 */

static void a_thousand_threads_are_not_started(void **state) {
    cpu_set_t allowed;
    (void)state;
    real_skip_under_tsan();
    set(real_load(PTHREAD_OPENBLAS), 2);
    rtk_pools *pools = real_pools();
    assert_int_equal(0, sched_getaffinity(0, sizeof allowed, &allowed));
    unsigned before = unit_threads(), cpus = (unsigned)CPU_COUNT(&allowed);
    rtk_limits *scope = real_limit(
        pools, (rtk_limit){.threads = 1000, .internal_api = "openblas"}, 0);
    rtk_limit_report report;
    assert_int_equal(RTK_OK, rtk_limits_report(scope, 0, &report));
    assert_int_equal(1000, report.asked);
    /* A cgroup's quota may make it fewer than the CPUs that are allowed. */
    assert_in_range(report.effective, 2, cpus > 2 ? cpus : 2);
    assert_true(unit_threads() <= before + (cpus > 2 ? cpus - 2 : 0));
    real_end(scope);
    assert_int_equal(2, count(pools));
    rtk_pools_free(pools);
}

/* ---- 5: three copies came back to the count of one ------------------------
 */

static void each_copy_comes_back_to_a_count_of_its_own(void **state) {
    static const char *const paths[] = {
        PTHREAD_OPENBLAS, REAL_FOLDER "openblas64-pthread/libopenblas64.so.0",
        REAL_FOLDER "openblas-serial/libopenblas.so.0"};
    static const int counts[] = {1, 2, 1};
    (void)state;
    real_skip_under_tsan();
    for (int i = 0; i < 3; i++) set(real_load(paths[i]), counts[i]);
    rtk_pools *pools = real_pools();
    rtk_limits *scope = real_limit(pools, one_openblas, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(1, real_find(pools, paths[i]).threads);
    real_end(scope);
    for (int i = 0; i < 3; i++)
        assert_int_equal(counts[i], real_find(pools, paths[i]).threads);
    rtk_pools_free(pools);
}

/* ---- 6: BLIS in a file that is called libblas was not seen ----------------
 */

static void blis_is_seen_in_a_file_called_libblas(void **state) {
    const char *path = REAL_FOLDER "blis-pthread/libblas.so.3";
    (void)state;
    real_skip_under_tsan();
    real_load(path);
    rtk_pools *pools = real_pools();
    rtk_pool_info info = real_find(pools, path);
    assert_true(info.id > 0);
    assert_int_equal(RTK_POOL_BLAS, info.user_api);
    /* Debian's exports no function of BLIS itself, and that is said. */
    assert_false(info.controllable);
    assert_non_null(info.why);
    rtk_pools_free(pools);
}

/* ---- 7: a library was taken for what it depends on ------------------------
 */

static void a_thin_library_is_not_taken_for_openblas(void **state) {
    const char *path = REAL_FOLDER "openblas-pthread/libblas.so.3";
    (void)state;
    real_skip_under_tsan();
    void *thin = real_load(path);
    real_load(PTHREAD_OPENBLAS);
    /* The trap: a lookup finds the function in what it depends on. */
    assert_non_null(dlsym(thin, "openblas_get_num_threads"));
    rtk_pools *pools = real_pools();
    assert_string_not_equal("openblas",
                            real_find(pools, path).id
                                ? real_find(pools, path).internal_api
                                : "not listed");
    assert_string_equal("openblas",
                        real_find(pools, PTHREAD_OPENBLAS).internal_api);
    rtk_pools_free(pools);
}

/* ---- 8: a scope searched all libraries again ------------------------------
 */

static _Atomic unsigned searches;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SEARCHES_ARE_HIDDEN
#endif
#endif

#ifndef SEARCHES_ARE_HIDDEN
/* In front of the loader's: every search begins here. ThreadSanitizer calls it
 * too early for that. */
int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *),
                    void *data) {
    int (*next)(int (*)(struct dl_phdr_info *, size_t, void *), void *) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "dl_iterate_phdr");
    atomic_fetch_add_explicit(&searches, 1, memory_order_relaxed);
    return next(callback, data);
}
#endif

static unsigned sets;

static int fake_get(void *self, void *copy) {
    (void)copy;
    return *(int *)self;
}

static rtk_status fake_set(void *self, void *copy, int threads) {
    (void)copy;
    *(int *)self = threads;
    sets++;
    return RTK_OK;
}

/* threadpool_limits searched at each scope. `bench/peers/scope_cost.py` tells
 * what it comes to. */
static void a_scope_searches_nothing_and_sets_no_equal_count(void **state) {
    static int threads = 1;
    const rtk_custom_pool fake = {.size = sizeof fake,
                                  .internal_api = "counted_sets",
                                  .user_api = RTK_POOL_OTHER,
                                  .scope = RTK_POOL_PROCESS,
                                  .meaning = RTK_POOL_SHARED,
                                  .self = &threads,
                                  .get_threads = fake_get,
                                  .set_threads = fake_set};
    (void)state;
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&fake));
    rtk_pools *pools = real_pools();
    unsigned before = atomic_load_explicit(&searches, memory_order_relaxed);
    if (!strcmp(RTK_LANE, "native")) assert_true(before > 0);
    sets = 0;
    for (int i = 0; i < 100; i++)
        real_end(real_limit(
            pools, (rtk_limit){.threads = 1, .internal_api = "counted_sets"},
            0));
    assert_int_equal(before,
                     atomic_load_explicit(&searches, memory_order_relaxed));
    assert_int_equal(0, sets);
    rtk_pools_free(pools);
}

/* ---- 9: versions were read by several threads at once ---------------------
 */

enum { READERS = 6, ROUNDS = 50 };

static _Atomic int reading;
static _Atomic unsigned overlaps, reads;

static const char *careful_version(void *self, void *copy) {
    struct timespec pause = {0, 1000};
    (void)self, (void)copy;
    /* Relaxed: only how many are inside counts. */
    if (atomic_fetch_add_explicit(&reading, 1, memory_order_relaxed))
        atomic_fetch_add_explicit(&overlaps, 1, memory_order_relaxed);
    nanosleep(&pause, NULL);
    atomic_fetch_add_explicit(&reads, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&reading, 1, memory_order_relaxed);
    return "1.0";
}

static void *read_versions(void *arg) {
    size_t *wrong = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rtk_pools *pools = NULL;
        if (rtk_pools_new(&pools)) {
            ++*wrong;
            continue;
        }
        for (size_t k = 0; k < rtk_pools_count(pools); k++) {
            rtk_pool_info info;
            if (rtk_pools_info(pools, k, &info) ||
                (!strcmp(info.internal_api, "careful_version") &&
                 strcmp(info.version, "1.0")))
                ++*wrong;
        }
        rtk_pools_free(pools);
    }
    return NULL;
}

static void versions_are_read_by_one_thread_at_a_time(void **state) {
    static int threads = 1;
    const rtk_custom_pool fake = {.size = sizeof fake,
                                  .internal_api = "careful_version",
                                  .user_api = RTK_POOL_OTHER,
                                  .scope = RTK_POOL_PROCESS,
                                  .meaning = RTK_POOL_SHARED,
                                  .self = &threads,
                                  .get_threads = fake_get,
                                  .set_threads = fake_set,
                                  .version = careful_version};
    pthread_t id[READERS];
    size_t wrong[READERS] = {0};
    (void)state;
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&fake));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(
            0, pthread_create(&id[i], NULL, read_versions, &wrong[i]));
    for (int i = 0; i < READERS; i++) pthread_join(id[i], NULL);
    for (int i = 0; i < READERS; i++) assert_int_equal(0, wrong[i]);
    assert_true(atomic_load_explicit(&reads, memory_order_relaxed) > 0);
    assert_int_equal(0, atomic_load_explicit(&overlaps, memory_order_relaxed));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recursion_gives_the_limit_back),
        cmocka_unit_test(interleaved_scopes_of_two_threads_leave_nothing),
        cmocka_unit_test(zero_and_negative_never_reach_the_library),
        cmocka_unit_test(a_thousand_threads_are_not_started),
        cmocka_unit_test(each_copy_comes_back_to_a_count_of_its_own),
        cmocka_unit_test(blis_is_seen_in_a_file_called_libblas),
        cmocka_unit_test(a_thin_library_is_not_taken_for_openblas),
        cmocka_unit_test(a_scope_searches_nothing_and_sets_no_equal_count),
        cmocka_unit_test(versions_are_read_by_one_thread_at_a_time),
    };
    return RTK_RUN(tests);
}
