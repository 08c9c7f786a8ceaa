/* What scopes make of counts: nested, recursive, in any order, all or nothing.
 */

#include "kernels/threadpools/test/known_libraries.h"

#include <limits.h>
#include <pthread.h>

enum { FIRST = 4, LARGE = 1 << 20 };

static memory_pool a = {.count = FIRST}, b = {.count = FIRST};
static rtk_pools *pools;

static rtk_limits *limit(const char *api, int threads, unsigned flags) {
    return known_limit(pools,
                       (rtk_limit){.threads = threads, .internal_api = api},
                       flags | RTK_LIMIT_GROW);
}

static void a_scope_limits_and_restores(void **state) {
    rtk_limit_report r;
    (void)state;
    rtk_limits *scope = limit("a", 1, 0);
    assert_int_equal(1, a.count);
    assert_int_equal(FIRST, b.count);
    assert_int_equal(1, rtk_limits_count(scope));
    assert_int_equal(RTK_OK, rtk_limits_report(scope, 0, &r));
    assert_int_equal(1, r.asked);
    assert_int_equal(FIRST, r.before);
    assert_int_equal(1, r.effective);
    assert_int_equal(RTK_OK, r.status);
    assert_false(r.foreign);
    assert_int_equal(RTK_EINVAL, rtk_limits_report(scope, 1, &r));
    known_end(scope);
    assert_int_equal(FIRST, a.count);
}

static void the_least_of_the_open_limits_counts(void **state) {
    (void)state;
    rtk_limits *two = limit("a", 2, 0);
    rtk_limits *three = limit("a", 3, 0);
    assert_int_equal(2, a.count);
    rtk_limits *one = limit("a", 1, 0);
    assert_int_equal(1, a.count);
    known_end(two);
    assert_int_equal(1, a.count);
    known_end(one);
    assert_int_equal(3, a.count);
    known_end(three);
    assert_int_equal(FIRST, a.count);
}

static void the_newest_may_count_instead(void **state) {
    (void)state;
    rtk_limits *one = limit("a", 1, 0);
    rtk_limits *two = limit("a", 2, RTK_LIMIT_LATEST);
    assert_int_equal(2, a.count);
    known_end(two);
    assert_int_equal(1, a.count);
    known_end(one);
    assert_int_equal(FIRST, a.count);
}

static void recurse(int depth) {
    rtk_limits *scope = limit("a", 1, 0);
    assert_int_equal(1, a.count);
    if (depth) recurse(depth - 1);
    assert_int_equal(1, a.count);
    known_end(scope);
}

static void recursion_leaves_nothing_behind(void **state) {
    (void)state;
    recurse(5);
    assert_int_equal(FIRST, a.count);
}

/* A scope in another thread, from begin to end. */
typedef struct other {
    pthread_t id;
    pthread_barrier_t begun, end;
    int threads;
    rtk_status status;
} other;

static void *hold(void *arg) {
    other *o = arg;
    rtk_limits *scope = NULL;
    o->status = known_begin(
        pools, (rtk_limit){.threads = o->threads, .internal_api = "a"},
        RTK_LIMIT_GROW, &scope);
    pthread_barrier_wait(&o->begun);
    pthread_barrier_wait(&o->end);
    if (!o->status) o->status = rtk_limits_end(scope, NULL);
    return NULL;
}

static void interleaved_scopes_of_threads_leave_the_first_value(void **state) {
    other o = {.threads = 3};
    (void)state;
    pthread_barrier_init(&o.begun, NULL, 2);
    pthread_barrier_init(&o.end, NULL, 2);
    rtk_limits *one = limit("a", 1, 0);
    assert_int_equal(0, pthread_create(&o.id, NULL, hold, &o));
    pthread_barrier_wait(&o.begun);
    known_end(one);
    assert_int_equal(3, a.count);
    pthread_barrier_wait(&o.end);
    pthread_join(o.id, NULL);
    assert_int_equal(RTK_OK, o.status);
    assert_int_equal(FIRST, a.count);
}

static void less_than_one_thread_is_refused(void **state) {
    static const int bad[] = {0, -1, INT_MIN};
    rtk_limits *scope = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_limits_begin_api(pools, RTK_POOL_ANY,
                                                          bad[i], &scope));
    assert_null(scope);
    assert_int_equal(FIRST, a.count);
}

static void bad_requests_are_refused(void **state) {
    const rtk_limit good = {.threads = 1}, two[] = {good, {.threads = 0}};
    /* NOLINTNEXTLINE(*EnumCastOutOfRange): what has to be refused */
    const rtk_limit api = {.threads = 1, .user_api = (rtk_pool_api)99};
    const rtk_limit_request bad[] = {
        {.size = 1, .limits = &good, .n_limits = 1},
        {.size = sizeof *bad, .limits = NULL, .n_limits = 1},
        {.size = sizeof *bad,
         .limits = &good,
         .n_limits = 1,
         .flags = 1u << 30},
        {.size = sizeof *bad, .limits = two, .n_limits = 2},
        {.size = sizeof *bad, .limits = &api, .n_limits = 1}};
    rtk_limits *scope = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_limits_begin(pools, &bad[i], &scope));
    assert_int_equal(RTK_EINVAL, rtk_limits_begin(pools, NULL, &scope));
    assert_null(scope);
    assert_int_equal(FIRST, a.count);
}

static void no_limit_does_nothing(void **state) {
    const rtk_limit_request none = {.size = sizeof none};
    rtk_limits *scope = NULL;
    (void)state;
    a.sets = 0;
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &none, &scope));
    assert_int_equal(0, rtk_limits_count(scope));
    known_end(scope);
    scope = limit("a", RTK_NO_LIMIT, 0);
    rtk_limit_report r;
    assert_int_equal(RTK_OK, rtk_limits_report(scope, 0, &r));
    assert_int_equal(RTK_ESKIPPED, r.status);
    assert_int_equal(FIRST, a.count);
    known_end(scope);
    assert_int_equal(0, a.sets);
    assert_int_equal(RTK_OK, rtk_limits_end(NULL, NULL));
}

static void the_least_of_several_limits_counts(void **state) {
    const rtk_limit limits[] = {{.threads = 3, .user_api = RTK_POOL_OTHER},
                                {.threads = 2, .internal_api = "a"}};
    const rtk_limit_request request = {.size = sizeof request,
                                       .limits = limits,
                                       .n_limits = 2,
                                       .flags = RTK_LIMIT_GROW};
    rtk_limits *scope = NULL;
    (void)state;
    assert_int_equal(RTK_OK, rtk_limits_begin(pools, &request, &scope));
    assert_int_equal(2, a.count);
    assert_int_equal(3, b.count);
    known_end(scope);
    assert_int_equal(FIRST, a.count);
    assert_int_equal(FIRST, b.count);
}

static bool is_b(void *arg, const rtk_pool_info *info) {
    ++*(int *)arg;
    return strcmp(info->internal_api, "b") == 0;
}

static void a_function_may_select(void **state) {
    int asked = 0;
    (void)state;
    rtk_limits *scope = known_limit(
        pools, (rtk_limit){.threads = 1, .selects = is_b, .arg = &asked}, 0);
    assert_true(asked >= 2);
    assert_int_equal(FIRST, a.count);
    assert_int_equal(1, b.count);
    known_end(scope);
}

static void growth_is_only_for_those_who_ask(void **state) {
    rtk_limit_report r;
    (void)state;
    rtk_limits *scope = known_limit(
        pools, (rtk_limit){.threads = LARGE, .internal_api = "a"}, 0);
    assert_true(a.count < LARGE);
    assert_true(a.count >= FIRST);
    assert_int_equal(RTK_OK, rtk_limits_report(scope, 0, &r));
    assert_int_equal(LARGE, r.asked);
    assert_int_equal(a.count, r.effective);
    assert_int_equal(RTK_OK, r.status);
    known_end(scope);
    scope = limit("a", LARGE, 0);
    assert_int_equal(LARGE, a.count);
    known_end(scope);
    assert_int_equal(FIRST, a.count);
}

static void what_others_set_comes_back(void **state) {
    size_t foreign = 0;
    (void)state;
    rtk_limits *scope = limit("a", 1, 0);
    a.count = 3;
    assert_int_equal(RTK_OK, rtk_limits_end(scope, &foreign));
    assert_int_equal(1, foreign);
    assert_int_equal(3, a.count);
    a.count = FIRST;
}

static void what_others_set_is_seen_by_the_next_scope(void **state) {
    size_t foreign = 0;
    rtk_limit_report r;
    (void)state;
    rtk_limits *outer = limit("a", 1, 0);
    a.count = 3;
    rtk_limits *inner = limit("a", 2, 0);
    assert_int_equal(RTK_OK, rtk_limits_report(inner, 0, &r));
    assert_true(r.foreign);
    assert_int_equal(3, r.before);
    assert_int_equal(1, a.count);
    assert_int_equal(RTK_OK, rtk_limits_end(outer, &foreign));
    assert_int_equal(0, foreign);
    assert_int_equal(2, a.count);
    known_end(inner);
    assert_int_equal(3, a.count);
    a.count = FIRST;
}

static void what_others_set_may_be_overwritten(void **state) {
    size_t foreign = 0;
    (void)state;
    rtk_limits *scope = limit("a", 1, RTK_LIMIT_OVERWRITE);
    a.count = 3;
    assert_int_equal(RTK_OK, rtk_limits_end(scope, &foreign));
    assert_int_equal(1, foreign);
    assert_int_equal(FIRST, a.count);
}

static void what_no_scope_touched_is_not_restored(void **state) {
    (void)state;
    rtk_limits *scope = limit("a", 1, 0);
    b.count = 7;
    known_end(scope);
    assert_int_equal(7, b.count);
    b.count = FIRST;
}

static void a_failure_leaves_nothing_changed(void **state) {
    rtk_limits *scope = NULL;
    (void)state;
    b.refuses = RTK_EFAILED;
    b.refused = 1;
    assert_int_equal(RTK_EFAILED,
                     rtk_limits_begin_api(pools, RTK_POOL_OTHER, 1, &scope));
    assert_null(scope);
    assert_int_equal(FIRST, a.count);
    assert_int_equal(FIRST, b.count);
    b.refuses = RTK_OK;
    /* Nor is anything open. */
    rtk_pool_info info;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        assert_int_equal(0, info.limits);
}

static void a_strict_scope_fails_when_a_library_does_not_obey(void **state) {
    rtk_limits *scope = NULL;
    rtk_limit_report r;
    const rtk_limit both = {.threads = 3, .user_api = RTK_POOL_OTHER};
    const rtk_limit nobody = {.threads = 3, .internal_api = "nobody"};
    (void)state;
    b.refuses = RTK_OK;
    b.most = 2;
    b.count = 2;
    /* Fewer than asked is what a limit allows; an exact count is not had. */
    scope = known_limit(pools, both, RTK_LIMIT_STRICT | RTK_LIMIT_GROW);
    assert_int_equal(RTK_OK, rtk_limits_report(scope, 1, &r));
    assert_int_equal(2, b.count);
    known_end(scope);
    scope = NULL;
    assert_int_equal(
        RTK_EUNSUPPORTED,
        known_begin(pools, both,
                    RTK_LIMIT_STRICT | RTK_LIMIT_GROW | RTK_LIMIT_EXCLUSIVE,
                    &scope));
    assert_int_equal(RTK_EUNSUPPORTED,
                     known_begin(pools, nobody, RTK_LIMIT_STRICT, &scope));
    assert_null(scope);
    assert_int_equal(FIRST, a.count);
    assert_int_equal(2, b.count);
    b.most = 0;
    b.count = FIRST;
}

static void a_scope_may_leave_its_count_standing(void **state) {
    (void)state;
    assert_int_equal(RTK_OK, rtk_limits_keep(limit("a", 2, 0)));
    assert_int_equal(2, a.count);
    rtk_limits *one = limit("a", 1, 0);
    assert_int_equal(RTK_OK, rtk_limits_keep(limit("a", FIRST, 0)));
    assert_int_equal(1, a.count);
    known_end(one);
    assert_int_equal(FIRST, a.count);
}

static void the_counts_before_are_told(void **state) {
    int least = -1, most = -1;
    (void)state;
    b.count = 2;
    rtk_limits *scope = NULL;
    assert_int_equal(RTK_OK,
                     rtk_limits_begin_api(pools, RTK_POOL_OTHER, 1, &scope));
    rtk_limits_before(scope, RTK_POOL_OTHER, &least, &most);
    assert_int_equal(2, least);
    assert_int_equal(FIRST, most);
    rtk_limits_before(scope, RTK_POOL_BLAS, &least, NULL);
    assert_int_equal(0, least);
    known_end(scope);
    assert_int_equal(2, b.count);
    b.count = FIRST;
}

static void leave_early(void) {
    RTK_LIMITS_HERE(scope);
    assert_int_equal(RTK_OK,
                     rtk_limits_begin_api(pools, RTK_POOL_OTHER, 1, &scope));
    if (a.count == 1) return;
    fail_msg("the scope did not begin");
}

static void a_scope_may_end_with_its_block(void **state) {
    (void)state;
    leave_early();
    assert_int_equal(FIRST, a.count);
}

static void a_scope_outlives_its_controller(void **state) {
    (void)state;
    rtk_pools *own = known_pools();
    rtk_limits *scope = NULL;
    assert_int_equal(RTK_OK,
                     rtk_limits_begin_api(own, RTK_POOL_OTHER, 1, &scope));
    rtk_pools_free(own);
    assert_int_equal(1, a.count);
    known_end(scope);
    assert_int_equal(FIRST, a.count);
}

static int find(void **state) {
    (void)state;
    memory_register(&b, "b");
    memory_register(&a, "a");
    pools = known_pools();
    return 0;
}

static int leave(void **state) {
    (void)state;
    rtk_pools_free(pools);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_limits_and_restores),
        cmocka_unit_test(the_least_of_the_open_limits_counts),
        cmocka_unit_test(the_newest_may_count_instead),
        cmocka_unit_test(recursion_leaves_nothing_behind),
        cmocka_unit_test(interleaved_scopes_of_threads_leave_the_first_value),
        cmocka_unit_test(less_than_one_thread_is_refused),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(no_limit_does_nothing),
        cmocka_unit_test(the_least_of_several_limits_counts),
        cmocka_unit_test(a_function_may_select),
        cmocka_unit_test(growth_is_only_for_those_who_ask),
        cmocka_unit_test(what_others_set_comes_back),
        cmocka_unit_test(what_others_set_is_seen_by_the_next_scope),
        cmocka_unit_test(what_others_set_may_be_overwritten),
        cmocka_unit_test(what_no_scope_touched_is_not_restored),
        cmocka_unit_test(a_failure_leaves_nothing_changed),
        cmocka_unit_test(a_strict_scope_fails_when_a_library_does_not_obey),
        cmocka_unit_test(a_scope_may_leave_its_count_standing),
        cmocka_unit_test(the_counts_before_are_told),
        cmocka_unit_test(a_scope_may_end_with_its_block),
        cmocka_unit_test(a_scope_outlives_its_controller),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
