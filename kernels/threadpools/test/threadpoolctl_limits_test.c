/* What the tests of Python's threadpoolctl state of limits: scenarios 3 to 13,
 * 16, 17, 19 and 31 of the table in threadpoolctl_scenarios_test.c. */

#include "kernels/threadpools/test/real_libraries.h"

static void the_count_is_read_at_every_call(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools(), *other = real_pools();
    real_counts before = real_count(pools);
    rtk_limits *scope = real_limit(pools, (rtk_limit){.threads = 1}, 0);
    for (size_t i = 0; i < rtk_pools_count(other); i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(other, i, &info));
        if (info.scope != RTK_POOL_PLAN && info.controllable)
            assert_int_equal(1, info.threads);
    }
    real_end(scope);
    real_unchanged(pools, &before);
    rtk_pools_free(other);
    rtk_pools_free(pools);
}

static bool is_serial(void *arg, const rtk_pool_info *info) {
    (void)arg;
    return info->threading_layer && !strcmp(info->threading_layer, "disabled");
}

/* How many copies a limit selects, and that each satisfies it. */
static size_t selected(rtk_pools *pools, rtk_limit limit) {
    limit.threads = 1;
    rtk_limits *scope = real_limit(pools, limit, 0);
    size_t n = rtk_limits_count(scope);
    for (size_t i = 0; i < n; i++) {
        rtk_limit_report report;
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_limits_report(scope, i, &report));
        assert_int_equal(RTK_OK, rtk_pools_find(pools, report.id, &info));
        if (limit.user_api) assert_int_equal(limit.user_api, info.user_api);
        if (limit.internal_api)
            assert_string_equal(limit.internal_api, info.internal_api);
        if (limit.prefix) assert_string_equal(limit.prefix, info.file_prefix);
        if (limit.id) assert_true(limit.id == info.id);
        if (limit.selects) assert_true(limit.selects(limit.arg, &info));
    }
    real_end(scope);
    return n;
}

static void a_limit_selects_by_each_key_and_by_several(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    uint64_t id = real_find(pools, real_blas[6].path).id;
    size_t openblas = selected(pools, (rtk_limit){.internal_api = "openblas"});
    assert_true(openblas >= 6);
    assert_true(selected(pools, (rtk_limit){.user_api = RTK_POOL_BLAS}) >=
                openblas + 3);
    assert_int_equal(REAL_OPENMP,
                     selected(pools, (rtk_limit){.user_api = RTK_POOL_OPENMP}));
    assert_int_equal(3, selected(pools, (rtk_limit){.prefix = "libblis"}));
    assert_int_equal(1, selected(pools, (rtk_limit){.id = id}));
    assert_true(selected(pools, (rtk_limit){.selects = is_serial}) >= 3);
    assert_int_equal(1, selected(pools, (rtk_limit){.selects = is_serial,
                                                    .prefix = "libblis"}));
    assert_int_equal(
        0, selected(pools, (rtk_limit){.id = id, .prefix = "libgomp"}));
    rtk_pools_free(pools);
}

/* Limits of 1 and 3 hold for all that `limit` selects, and leave nothing. */
static void holds(rtk_limit limit) {
    static const int counts[] = {1, 3};
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    for (int k = 0; k < 2; k++) {
        limit.threads = counts[k];
        rtk_limits *scope = real_limit(pools, limit, RTK_LIMIT_GROW);
        assert_true(rtk_limits_count(scope) > 0);
        for (size_t i = 0; i < rtk_limits_count(scope); i++) {
            rtk_limit_report report;
            rtk_pool_info info;
            assert_int_equal(RTK_OK, rtk_limits_report(scope, i, &report));
            assert_int_equal(RTK_OK, rtk_pools_find(pools, report.id, &info));
            if (!info.controllable || info.scope == RTK_POOL_PLAN) continue;
            assert_in_range(info.threads, 1, counts[k]);
            assert_int_equal(report.effective, info.threads);
        }
        real_end(scope);
        real_unchanged(pools, &before);
    }
    rtk_pools_free(pools);
}

static void each_file_prefix_can_be_limited(void **state) {
    static const char *const prefixes[] = {"libopenblas", "libblis", "libgomp",
                                           "libomp"};
    (void)state;
    real_load_all();
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        holds((rtk_limit){.prefix = prefixes[i]});
}

static void each_user_api_can_be_limited(void **state) {
    (void)state;
    real_load_all();
    holds((rtk_limit){.user_api = RTK_POOL_ANY});
    holds((rtk_limit){.user_api = RTK_POOL_BLAS});
    holds((rtk_limit){.user_api = RTK_POOL_OPENMP});
}

static void openblas_is_limited_and_restored(void **state) {
    (void)state;
    real_load_all();
    holds((rtk_limit){.internal_api = "openblas"});
    rtk_pools *pools = real_pools();
    rtk_limits *scope =
        real_limit(pools, (rtk_limit){.threads = 1, .internal_api = "openblas"},
                   RTK_LIMIT_STRICT);
    for (int i = 0; i < 6; i++)
        assert_int_equal(1, real_find(pools, real_blas[i].path).threads);
    real_end(scope);
    rtk_pools_free(pools);
}

/* Each copy by its own id: a saved state is a list of limits. */
static void a_limit_can_be_kept_and_taken_back(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools), kept;
    rtk_limit saved[REAL_MOST] = {{0}};
    rtk_limits *scope = real_limit(
        pools, (rtk_limit){.threads = 1, .user_api = RTK_POOL_BLAS}, 0);
    assert_int_equal(RTK_OK, rtk_limits_keep(scope));
    kept = real_count(pools);
    for (size_t i = 0; i < kept.n; i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        if (info.user_api == RTK_POOL_BLAS && info.controllable)
            assert_int_equal(1, info.threads);
        saved[i] =
            (rtk_limit){.threads = before.threads[i], .id = before.id[i]};
    }
    rtk_limit_request request = {sizeof request, saved, before.n,
                                 RTK_LIMIT_GROW | RTK_LIMIT_LATEST};
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
    assert_int_equal(RTK_OK, rtk_limits_keep(scope));
    real_unchanged(pools, &before);
    rtk_pools_free(pools);
}

static void no_limit_changes_nothing(void **state) {
    rtk_limits *scope = NULL;
    rtk_limit_request request = {.size = sizeof request};
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
    real_unchanged(pools, &before);
    real_end(scope);
    scope = real_limit(pools, (rtk_limit){.threads = RTK_NO_LIMIT}, 0);
    real_unchanged(pools, &before);
    real_end(scope);
    real_unchanged(pools, &before);
    rtk_pools_free(pools);
}

/* BLAS on OpenMP is limited through its runtime, so it is left out, as there.
 */
static void a_limit_of_blas_leaves_openmp_alone(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    rtk_limits *scope = real_limit(pools,
                                   (rtk_limit){.threads = 1,
                                               .user_api = RTK_POOL_BLAS,
                                               .not_openmp_blas = true},
                                   0);
    rtk_limits *openmp = real_limit(
        pools, (rtk_limit){.threads = 2, .user_api = RTK_POOL_OPENMP},
        RTK_LIMIT_GROW | RTK_LIMIT_LATEST);
    assert_int_equal(1, real_find(pools, real_blas[0].path).threads);
    for (int i = 0; i < REAL_OPENMP; i++)
        assert_int_equal(2, real_find(pools, real_openmp[i].path).threads);
    real_end(openmp);
    real_end(scope);
    rtk_pools_free(pools);
}

static void sequential_blas_spares_blas_on_openmp(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    rtk_limits *scope =
        real_limit(pools, rtk_limit_sequential_blas_under_openmp(), 0);
    for (size_t i = 0; i < before.n; i++) {
        rtk_pool_info info;
        assert_int_equal(RTK_OK, rtk_pools_info(pools, i, &info));
        bool on_openmp =
            info.threading_layer && !strcmp(info.threading_layer, "openmp");
        bool limited =
            info.user_api == RTK_POOL_BLAS && info.controllable && !on_openmp;
        assert_int_equal(limited ? 1 : before.threads[i], info.threads);
    }
    real_end(scope);
    real_unchanged(pools, &before);
    rtk_pools_free(pools);
}

/* A new scope inside another: ours take the least, unless told. */
static void scopes_nest_by_the_least_or_by_the_latest(void **state) {
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    const char *path = real_blas[0].path;
    rtk_limit one = {.threads = 1, .internal_api = "openblas"}, two = one;
    two.threads = 2;
    rtk_limits *outer = real_limit(pools, one, 0);
    rtk_limits *inner = real_limit(pools, two, RTK_LIMIT_GROW);
    assert_int_equal(1, real_find(pools, path).threads);
    real_end(inner);
    inner = real_limit(pools, two, RTK_LIMIT_GROW | RTK_LIMIT_LATEST);
    assert_int_equal(2, real_find(pools, path).threads);
    real_end(inner);
    assert_int_equal(1, real_find(pools, path).threads);
    real_end(outer);
    real_unchanged(pools, &before);
    rtk_pools_free(pools);
}

static void bad_limits_are_refused(void **state) {
    const rtk_limit bad[] = {{.threads = 0},
                             {.threads = -1},
                             {.threads = 1, .user_api = (rtk_pool_api)77}};
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        rtk_limit good = {.threads = 1};
        bool flag = i == sizeof bad / sizeof *bad;
        rtk_limit_request request = {sizeof request, flag ? &good : &bad[i], 1,
                                     flag ? 1U << 31 : 0};
        rtk_limits *scope = NULL;
        assert_int_equal(RTK_EINVAL, rtk_limits_begin(pools, &request, &scope));
        assert_null(scope);
        real_unchanged(pools, &before);
    }
    rtk_pools_free(pools);
}

static void the_counts_before_have_a_least_and_a_most(void **state) {
    int least, most;
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    real_counts before = real_count(pools);
    rtk_limits *scope = real_limit(
        pools, (rtk_limit){.threads = 1, .internal_api = "openblas"}, 0);
    rtk_limits_before(scope, RTK_POOL_BLAS, &least, &most);
    int low = INT_MAX, high = 0;
    for (int i = 0; i < 6; i++) {
        uint64_t id = real_find(pools, real_blas[i].path).id;
        for (size_t k = 0; k < before.n; k++) {
            if (before.id[k] != id) continue;
            if (before.threads[k] < low) low = before.threads[k];
            if (before.threads[k] > high) high = before.threads[k];
        }
    }
    assert_int_equal(low, least);
    assert_int_equal(high, most);
    rtk_limits_before(scope, RTK_POOL_OPENMP, &least, NULL);
    assert_int_equal(0, least);
    real_end(scope);
    rtk_pools_free(pools);
}

static int count_of_openblas(rtk_pools *pools) {
    return real_find(pools, real_blas[0].path).threads;
}

static int limited_to_two(rtk_pools *pools) {
    RTK_LIMITS_HERE(scope);
    scope =
        real_limit(pools, (rtk_limit){.threads = 2, .internal_api = "openblas"},
                   RTK_LIMIT_LATEST | RTK_LIMIT_GROW);
    return count_of_openblas(pools);
}

static int limited_to_one(rtk_pools *pools, int *inner) {
    RTK_LIMITS_HERE(scope);
    scope = real_limit(
        pools, (rtk_limit){.threads = 1, .internal_api = "openblas"}, 0);
    *inner = limited_to_two(pools);
    return count_of_openblas(pools);
}

static void functions_with_a_limit_nest(void **state) {
    int inner = 0;
    (void)state;
    real_load_all();
    rtk_pools *pools = real_pools();
    int before = count_of_openblas(pools);
    assert_int_equal(1, limited_to_one(pools, &inner));
    assert_int_equal(2, inner);
    assert_int_equal(before, count_of_openblas(pools));
    rtk_pools_free(pools);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_count_is_read_at_every_call),
        cmocka_unit_test(a_limit_selects_by_each_key_and_by_several),
        cmocka_unit_test(each_file_prefix_can_be_limited),
        cmocka_unit_test(each_user_api_can_be_limited),
        cmocka_unit_test(openblas_is_limited_and_restored),
        cmocka_unit_test(a_limit_can_be_kept_and_taken_back),
        cmocka_unit_test(no_limit_changes_nothing),
        cmocka_unit_test(a_limit_of_blas_leaves_openmp_alone),
        cmocka_unit_test(sequential_blas_spares_blas_on_openmp),
        cmocka_unit_test(scopes_nest_by_the_least_or_by_the_latest),
        cmocka_unit_test(bad_limits_are_refused),
        cmocka_unit_test(the_counts_before_have_a_least_and_a_most),
        cmocka_unit_test(functions_with_a_limit_nest),
    };
    return RTK_RUN(tests);
}
