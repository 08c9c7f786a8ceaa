/* What the tests of Python's threadpoolctl state, stated of ours, on the real
 * libraries of the distribution. Those of limits are in
 * threadpoolctl_limits_test.c. By the numbers of its 32 scenarios:
 *
 *   1  info function = controller   two_controllers_say_the_same
 *   2  mandatory keys               every_copy_has_what_threadpoolctl_says
 *   3  num_threads is live          the_count_is_read_at_every_call
 *   4  select                       a_limit_selects_by_each_key_and_by_several
 *   5  limit by prefix              each_file_prefix_can_be_limited
 *   6  limit by user API            each_user_api_can_be_limited
 *   7  limit as a function          a_limit_can_be_kept_and_taken_back
 *   8  None                         no_limit_changes_nothing
 *   9  manual restore               a_limit_can_be_kept_and_taken_back
 *  10  BLAS only                    a_limit_of_blas_leaves_openmp_alone
 *  11  sequential_blas_under_openmp sequential_blas_spares_blas_on_openmp
 *  12  nested 1, 2, 1               scopes_nest_by_the_least_or_by_the_latest
 *  13  bad input                    bad_limits_are_refused
 *  14, 15, 18, 22                   threadpoolctl_openmp_test.c
 *  16  OpenBLAS is 1 inside         openblas_is_limited_and_restored
 *  17  two copies of OpenBLAS       openblas_is_limited_and_restored
 *  19  original number              the_counts_before_have_a_least_and_a_most
 *  20  MKL's layer                  mkl_names_the_layer_of_its_environment,
 *                                   and a stand-in in controller_test.c
 *  21  BLIS's layer                 each_layer_is_the_one_it_was_built_with
 *  23, 24, 25  command line         cli/test/test_info.py: nothing loaded, a
 *                                   program, good and bad libraries. -i and -c
 *                                   take Python modules and statements; ours
 *                                   are --load and -- PROGRAM
 *  26  architecture                 blas_names_its_kernels_and_openmp_has_none
 *  27  OpenBLAS's layer             each_layer_is_the_one_it_was_built_with
 *  28, 29, 30  FlexiBLAS            not packaged in Debian 12: a stand-in in
 *                                   controller_test.c; switching its backend
 *                                   is not a limit and not offered
 *  31  decorators nest              functions_with_a_limit_nest
 *  32  custom controller            a_custom_library_is_found_by_its_symbol */

#include "kernels/threadpools/test/real_libraries.h"

#include "kernels/threadpools/custom_pool.h"

static void two_controllers_say_the_same(void **state) {
    rtk_pool_info a, b;
    (void)state;
    real_load_all();
    rtk_pools *one = real_pools(), *two = real_pools();
    assert_true(rtk_pools_count(one) >= REAL_BLAS + REAL_OPENMP);
    assert_int_equal(rtk_pools_count(one), rtk_pools_count(two));
    for (size_t i = 0; i < rtk_pools_count(one); i++) {
        assert_int_equal(RTK_OK, rtk_pools_info(one, i, &a));
        assert_int_equal(RTK_OK, rtk_pools_find(two, a.id, &b));
        assert_string_equal(a.path, b.path);
        assert_string_equal(a.internal_api, b.internal_api);
        assert_int_equal(a.threads, b.threads);
        assert_int_equal(a.max_threads, b.max_threads);
    }
    rtk_pools_free(one);
    rtk_pools_free(two);
}

static void every_copy_has_what_threadpoolctl_says(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    for (int i = 0; i < REAL_BLAS + REAL_OPENMP; i++) {
        const real_library *library =
            i < REAL_BLAS ? &real_blas[i] : &real_openmp[i - REAL_BLAS];
        rtk_pool_info info = real_find(pools, library->path);
        assert_true(info.id > 0);
        assert_int_equal(i < REAL_BLAS ? RTK_POOL_BLAS : RTK_POOL_OPENMP,
                         info.user_api);
        assert_string_equal(library->internal_api, info.internal_api);
        assert_true(info.threads >= 1);
        assert_non_null(info.prefix);
        assert_non_null(info.file_prefix);
        if (i < REAL_BLAS) assert_non_null(info.version);
    }
    rtk_pools_free(pools);
}

static void each_layer_is_the_one_it_was_built_with(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    for (int i = 0; i < REAL_BLAS; i++)
        assert_string_equal(
            real_blas[i].layer,
            real_find(pools, real_blas[i].path).threading_layer);
    rtk_pools_free(pools);
}

static void blas_names_its_kernels_and_openmp_has_none(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    for (int i = 0; i < REAL_BLAS; i++) {
        const char *kernels = real_find(pools, real_blas[i].path).architecture;
        assert_non_null(kernels);
        assert_true(strlen(kernels) > 2);
        assert_string_not_equal("Unknown", kernels);
    }
    for (int i = 0; i < REAL_OPENMP; i++)
        assert_null(real_find(pools, real_openmp[i].path).architecture);
    rtk_pools_free(pools);
}

static void mkl_names_the_layer_of_its_environment(void **state) {
    (void)state;
    real_skip_under_tsan();
    setenv("MKL_THREADING_LAYER", "SEQUENTIAL", 1);
    void *mkl = dlopen("libmkl_rt.so", RTLD_NOW | RTLD_LOCAL);
    if (!mkl) mkl = dlopen("libmkl_rt.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!mkl) {
        print_message("skipped: MKL is not in Debian's main archive\n");
        skip();
    }
    rtk_pools *pools = real_pools();
    bool found = false;
    for (size_t i = 0; i < rtk_pools_count(pools); i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        if (strcmp(info.internal_api, "mkl")) continue;
        assert_string_equal("sequential", info.threading_layer);
        found = true;
    }
    assert_true(found);
    rtk_pools_free(pools);
}

static int custom_threads = 42;

static int custom_get(void *self, void *copy) {
    (void)self, (void)copy;
    return custom_threads;
}

static rtk_status custom_set(void *self, void *copy, int threads) {
    (void)self, (void)copy;
    custom_threads = threads;
    return RTK_OK;
}

static const char *custom_version(void *self, void *copy) {
    (void)self, (void)copy;
    return "2.0";
}

static const char *custom_layer(void *self, void *copy) {
    (void)self, (void)copy;
    return "whistles";
}

/* threadpoolctl's own example counts from 42 and calls itself 2.0; the symbol
 * is one that BLIS alone has. */
static void a_custom_library_is_found_by_its_symbol(void **state) {
    const rtk_custom_pool table = {.size = sizeof table,
                                   .internal_api = "my_pool",
                                   .user_api = RTK_POOL_OTHER,
                                   .scope = RTK_POOL_PROCESS,
                                   .meaning = RTK_POOL_SHARED,
                                   .symbol = "bli_info_get_version_str",
                                   .get_threads = custom_get,
                                   .set_threads = custom_set,
                                   .version = custom_version,
                                   .threading_layer = custom_layer};
    rtk_pool_info info;
    size_t found = 0;
    (void)state;
    real_load_all();
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&table));
    assert_int_equal(RTK_EINVAL, rtk_custom_pool_register(&table));
    rtk_pools *pools = real_pools();
    for (size_t i = 0; i < rtk_pools_count(pools); i++) {
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        if (strcmp(info.internal_api, "my_pool")) continue;
        assert_int_equal(42, info.threads);
        assert_string_equal("2.0", info.version);
        assert_string_equal("whistles", info.threading_layer);
        assert_string_equal("libblis", info.file_prefix);
        found++;
    }
    assert_int_equal(3, found);
    rtk_limits *scope = real_limit(
        pools, (rtk_limit){.threads = 1, .internal_api = "my_pool"}, 0);
    assert_int_equal(1, custom_threads);
    real_end(scope);
    assert_int_equal(42, custom_threads);
    rtk_pools_free(pools);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_controllers_say_the_same),
        cmocka_unit_test(every_copy_has_what_threadpoolctl_says),
        cmocka_unit_test(each_layer_is_the_one_it_was_built_with),
        cmocka_unit_test(blas_names_its_kernels_and_openmp_has_none),
        cmocka_unit_test(a_custom_library_is_found_by_its_symbol),
        cmocka_unit_test(mkl_names_the_layer_of_its_environment),
    };
    return RTK_RUN(tests);
}
