/* What a controller finds, and what it says of it. */

#include "kernels/threadpools/test/known_libraries.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

/* An OpenBLAS that is linked into the program itself. */
__attribute__((visibility("default"))) int
inside_openblas_get_num_threads(void);
__attribute__((visibility("default"))) void
inside_openblas_set_num_threads(int);
static int inside = 9;

int inside_openblas_get_num_threads(void) {
    return inside;
}

void inside_openblas_set_num_threads(int threads) {
    inside = threads;
}

static void openblas_is_found_by_its_symbols(void **state) {
    (void)state;
    void *handle = known_load("plain");
    rtk_pools *pools = known_pools();
    rtk_pool_info info = known_find(pools, "plain");
    assert_true(info.id > 0);
    assert_int_equal(RTK_POOL_BLAS, info.user_api);
    assert_string_equal("openblas", info.internal_api);
    assert_string_equal("", info.prefix);
    assert_string_equal("", info.suffix);
    assert_string_equal("plain", info.file_prefix);
    assert_string_equal("0.3.99.dev", info.version);
    assert_string_equal("pthreads", info.threading_layer);
    assert_null(info.architecture);
    assert_int_equal(5, info.threads);
    assert_int_equal(8, info.max_threads);
    assert_int_equal(RTK_POOL_PROCESS, info.scope);
    assert_int_equal(RTK_POOL_SHARED, info.meaning);
    assert_true(info.controllable);
    assert_null(info.why);
    rtk_pools_free(pools);
    dlclose(handle);
}

static void any_prefix_and_suffix_is_found_and_fortran_is_not(void **state) {
    static const struct {
        const char *name, *prefix, *suffix;
    } forms[] = {{"scipy", "scipy_", "64_"},
                 {"julia", "", "64_"},
                 {"other64", "", "_64"},
                 {"private", "abc_private_", "_v2"}};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        void *handle = known_load(forms[i].name);
        rtk_pools *pools = known_pools();
        rtk_pool_info info = known_find(pools, forms[i].name);
        assert_string_equal(forms[i].prefix, info.prefix);
        assert_string_equal(forms[i].suffix, info.suffix);
        assert_int_equal(5, info.threads);
        size_t copies = 0;
        for (size_t k = 0; rtk_pools_info(pools, k, &info) == RTK_OK; k++)
            copies += strstr(info.path, forms[i].name) != NULL;
        assert_int_equal(1, copies);
        rtk_pools_free(pools);
        dlclose(handle);
    }
}

static void the_program_itself_is_looked_into(void **state) {
    (void)state;
    rtk_pools *pools = known_pools();
    rtk_pool_info info = known_find(pools, "none");
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.prefix, "inside_") == 0) break;
    assert_string_equal("inside_", info.prefix);
    assert_non_null(strstr(info.path, "controller_test"));
    assert_int_equal(9, info.threads);
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 4, .id = info.id}, 0);
    assert_int_equal(4, inside);
    known_end(scope);
    assert_int_equal(9, inside);
    rtk_pools_free(pools);
}

static void mkl_is_set_for_the_thread_alone(void **state) {
    (void)state;
    void *handle = known_load("mkl");
    rtk_pools *pools = known_pools();
    rtk_pool_info info = known_find(pools, "mkl");
    int (*local)(int) = NULL;
    *(void **)&local = known_symbol(handle, "MKL_Set_Num_Threads_Local");
    assert_string_equal("mkl", info.internal_api);
    assert_string_equal("Math Kernel Library Version 2024.0", info.version);
    assert_string_equal("gnu", info.threading_layer);
    assert_int_equal(RTK_POOL_THREAD, info.scope);
    assert_int_equal(6, info.threads);
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 2, .internal_api = "mkl"}, 0);
    assert_int_equal(RTK_OK, rtk_pools_find(pools, info.id, &info));
    assert_int_equal(2, info.threads);
    assert_int_equal(1, info.limits);
    known_end(scope);
    /* Not a local count that happens to be the global one. */
    assert_int_equal(0, local(0));
    rtk_pools_free(pools);
    dlclose(handle);
}

static void a_local_count_of_mkl_stays(void **state) {
    (void)state;
    void *handle = known_load("mkl");
    rtk_pools *pools = known_pools();
    int (*local)(int) = NULL, (*get)(void) = NULL;
    *(void **)&local = known_symbol(handle, "MKL_Set_Num_Threads_Local");
    *(void **)&get = known_symbol(handle, "MKL_Get_Max_Threads");
    assert_int_equal(0, local(3));
    /* The same count: nothing is to be set. */
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 3, .internal_api = "mkl"}, 0);
    assert_int_equal(3, get());
    known_end(scope);
    assert_int_equal(3, local(0));
    rtk_pools_free(pools);
    dlclose(handle);
}

static void openblas_on_openmp_obeys_its_runtime(void **state) {
    (void)state;
    void *handle = known_load("coupled");
    rtk_pools *pools = known_pools();
    rtk_pool_info blas = known_find(pools, "coupled");
    rtk_pool_info openmp = known_find(pools, "runtime");
    assert_string_equal("openmp", blas.threading_layer);
    assert_int_equal(RTK_POOL_THREAD, blas.scope);
    assert_int_equal(RTK_POOL_TEAM, blas.meaning);
    assert_int_equal(openmp.id, blas.coupled_with);
    assert_int_equal(0, openmp.coupled_with);
    const rtk_limit limits[] = {{.threads = 2, .id = blas.id},
                                {.threads = 3, .user_api = RTK_POOL_OPENMP}};
    for (size_t i = 0; i < 2; i++) {
        /* One setting, two limits, whichever comes first. */
        const rtk_limit order[] = {limits[i], limits[1 - i]};
        const rtk_limit_request request = {
            .size = sizeof request, .limits = order, .n_limits = 2};
        rtk_limits *scope = NULL;
        assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
        assert_int_equal(2, rtk_limits_count(scope));
        assert_int_equal(2, known_find(pools, "coupled").threads);
        assert_int_equal(2, known_find(pools, "runtime").threads);
        assert_int_equal(1, known_find(pools, "runtime").limits);
        known_end(scope);
        assert_int_equal(5, known_find(pools, "coupled").threads);
    }
    /* It sees the program's own loops, and needs no limit in them. */
    const rtk_limit sequential = rtk_limit_sequential_blas_under_openmp();
    rtk_limits *scope = known_limit(pools, sequential, 0);
    assert_int_equal(5, known_find(pools, "coupled").threads);
    known_end(scope);
    rtk_pools_free(pools);
    dlclose(handle);
}

static void flexiblas_without_a_count_has_one_thread(void **state) {
    (void)state;
    void *handle = known_load("flexi");
    rtk_pools *pools = known_pools();
    rtk_pool_info info = known_find(pools, "flexi");
    int (*get)(void) = NULL;
    *(void **)&get = known_symbol(handle, "flexiblas_get_num_threads");
    assert_string_equal("flexiblas", info.internal_api);
    assert_string_equal("3.4.2", info.version);
    assert_string_equal("NETLIB", info.flavour);
    assert_int_equal(1, info.threads);
    known_end(known_limit(pools, (rtk_limit){.threads = 2, .id = info.id},
                          RTK_LIMIT_GROW));
    assert_int_equal(-1, get());
    rtk_pools_free(pools);
    dlclose(handle);
}

static void what_cannot_be_set_is_not_said_to_be_set(void **state) {
    static const char *const names[] = {"hidden", "readonly"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        void *handle = known_load(names[i]);
        rtk_pools *pools = known_pools();
        rtk_pool_info info = known_find(pools, names[i]);
        rtk_limits *scope = NULL;
        rtk_limit_report report;
        assert_true(info.id > 0);
        assert_false(info.controllable);
        assert_non_null(info.why);
        assert_int_equal(RTK_POOL_NOBODY, info.scope);
        const rtk_limit limit = {.threads = 1, .id = info.id};
        assert_int_equal(RTK_EUNSUPPORTED,
                         known_begin(pools, limit, RTK_LIMIT_STRICT, &scope));
        assert_null(scope);
        scope = known_limit(pools, limit, 0);
        assert_int_equal(1, rtk_limits_count(scope));
        assert_int_equal(RTK_OK, rtk_limits_report(scope, 0, &report));
        assert_int_equal(RTK_EUNSUPPORTED, report.status);
        assert_int_equal(info.threads, report.effective);
        known_end(scope);
        rtk_pools_free(pools);
        dlclose(handle);
    }
}

static void a_library_that_passes_calls_on_is_not_one(void **state) {
    (void)state;
    void *handle = known_load("thin");
    rtk_pools *pools = known_pools();
    assert_true(known_find(pools, "plain").id > 0);
    assert_int_equal(0, known_find(pools, "thin").id);
    rtk_pools_free(pools);
    dlclose(handle);
}

static void copies_are_told_apart(void **state) {
    static const char *const names[] = {"plain", "twin", "scipy"};
    void *handles[3];
    uint64_t ids[3];
    (void)state;
    for (int i = 0; i < 3; i++) handles[i] = known_load(names[i]);
    rtk_pools *pools = known_pools();
    for (int i = 0; i < 3; i++) ids[i] = known_find(pools, names[i]).id;
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 2, .id = ids[1]}, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(i == 1 ? 2 : 5, known_find(pools, names[i]).threads);
    known_end(scope);
    rtk_pools_free(pools);
    for (int i = 0; i < 3; i++) dlclose(handles[i]);
}

static void a_refresh_finds_what_was_loaded_since(void **state) {
    size_t found = 99;
    (void)state;
    rtk_pools *pools = known_pools();
    size_t before = rtk_pools_count(pools);
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, &found));
    assert_int_equal(0, found);
    void *handle = known_load("plain");
    assert_int_equal(before, rtk_pools_count(pools));
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, &found));
    assert_int_equal(1, found);
    assert_int_equal(before + 1, rtk_pools_count(pools));
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, &found));
    assert_int_equal(0, found);
    rtk_pools_free(pools);
    dlclose(handle);
}

static void a_scope_may_look_for_new_libraries_first(void **state) {
    (void)state;
    rtk_pools *pools = known_pools();
    void *handle = known_load("plain");
    rtk_limits *scope = known_limit(
        pools, (rtk_limit){.threads = 3, .prefix = "plain"}, RTK_LIMIT_REFRESH);
    assert_int_equal(1, rtk_limits_count(scope));
    assert_int_equal(3, known_find(pools, "plain").threads);
    known_end(scope);
    rtk_pools_free(pools);
    dlclose(handle);
}

/* Whether the library is there, without a handle that keeps it. */
static bool loaded(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, RTK_KNOWN_LIBRARIES "/%s.so", name);
    void *handle = dlopen(path, RTLD_NOLOAD | RTLD_LAZY);
    if (handle) dlclose(handle);
    return handle != NULL;
}

static void a_controller_keeps_its_libraries_loaded(void **state) {
    (void)state;
    void *handle = known_load("twin");
    rtk_pools *pools = known_pools();
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 2, .prefix = "twin"}, 0);
    dlclose(handle);
    assert_true(loaded("twin"));
    assert_int_equal(2, known_find(pools, "twin").threads);
    rtk_pools_free(pools);
    assert_true(loaded("twin"));
    known_end(scope);
    assert_false(loaded("twin"));
}

static void controllers_share_what_they_know(void **state) {
    (void)state;
    void *handle = known_load("plain");
    rtk_pools *one = known_pools(), *two = known_pools();
    assert_int_equal(known_find(one, "plain").id, known_find(two, "plain").id);
    const rtk_limit limit = {.threads = 2, .prefix = "plain"};
    rtk_limits *first = known_limit(one, limit, 0);
    rtk_limits *second = known_limit(two, limit, 0);
    known_end(first);
    assert_int_equal(2, known_find(one, "plain").threads);
    known_end(second);
    assert_int_equal(5, known_find(one, "plain").threads);
    rtk_pools_free(one);
    rtk_pools_free(two);
    dlclose(handle);
}

static void a_copy_that_is_not_there_is_refused(void **state) {
    rtk_pool_info info = {.threads = 77};
    (void)state;
    rtk_pools *pools = known_pools();
    size_t n = rtk_pools_count(pools);
    assert_int_equal(RTK_EINVAL, rtk_pools_info(pools, n, &info));
    assert_int_equal(RTK_EINVAL, rtk_pools_find(pools, 0, &info));
    assert_int_equal(RTK_EINVAL, rtk_pools_find(pools, UINT64_MAX, &info));
    assert_int_equal(77, info.threads);
    rtk_pools_free(pools);
    rtk_pools_free(NULL);
}

/* ---- Many threads ---------------------------------------------------------
 */

enum { THREADS = 4, ROUNDS = 20 };

static void *look(void *arg) {
    size_t *bad = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rtk_pools *pools = NULL;
        if (rtk_pools_new(&pools)) {
            ++*bad;
            continue;
        }
        rtk_pool_info info = known_find(pools, "plain");
        *bad += info.threads != 5 || !info.version ||
                strcmp(info.version, "0.3.99.dev") != 0;
        rtk_pools_free(pools);
    }
    return NULL;
}

static void *load(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        char path[4096];
        snprintf(path, sizeof path, RTK_KNOWN_LIBRARIES "/private.so");
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (handle) dlclose(handle);
    }
    return NULL;
}

static void many_may_look_while_libraries_come_and_go(void **state) {
    pthread_t threads[THREADS + 1];
    size_t bad[THREADS] = {0};
    (void)state;
    void *handle = known_load("plain");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, look, &bad[i]));
    assert_int_equal(0, pthread_create(&threads[THREADS], NULL, load, NULL));
    for (int i = 0; i <= THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) assert_int_equal(0, bad[i]);
    dlclose(handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openblas_is_found_by_its_symbols),
        cmocka_unit_test(any_prefix_and_suffix_is_found_and_fortran_is_not),
        cmocka_unit_test(the_program_itself_is_looked_into),
        cmocka_unit_test(mkl_is_set_for_the_thread_alone),
        cmocka_unit_test(a_local_count_of_mkl_stays),
        cmocka_unit_test(openblas_on_openmp_obeys_its_runtime),
        cmocka_unit_test(flexiblas_without_a_count_has_one_thread),
        cmocka_unit_test(what_cannot_be_set_is_not_said_to_be_set),
        cmocka_unit_test(a_library_that_passes_calls_on_is_not_one),
        cmocka_unit_test(copies_are_told_apart),
        cmocka_unit_test(a_refresh_finds_what_was_loaded_since),
        cmocka_unit_test(a_scope_may_look_for_new_libraries_first),
        cmocka_unit_test(a_controller_keeps_its_libraries_loaded),
        cmocka_unit_test(controllers_share_what_they_know),
        cmocka_unit_test(a_copy_that_is_not_there_is_refused),
        cmocka_unit_test(many_may_look_while_libraries_come_and_go),
    };
    return RTK_RUN(tests);
}
