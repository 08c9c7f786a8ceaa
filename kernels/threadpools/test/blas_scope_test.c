/* Exclusive scopes: what a call runs under is what it asked for. */

#include "kernels/workers/test/unit.h"

#include <cblas.h>
#include <pthread.h>

#include "kernels/threadpools/threadpools.h"

enum { FIRST = 3, THREADS = 6, ROUNDS = 300 };

/* A library that only remembers its count. The module's lock guards it. */
static int count = FIRST, sets;
static rtk_pools *pools;

static int get(void *self, void *copy) {
    (void)self;
    (void)copy;
    return count;
}

static rtk_status set(void *self, void *copy, int threads) {
    (void)self;
    (void)copy;
    count = threads;
    sets++;
    return RTK_OK;
}

static const rtk_custom_pool memory = {.size = sizeof memory,
                                       .internal_api = "memory",
                                       .user_api = RTK_POOL_OTHER,
                                       .scope = RTK_POOL_PROCESS,
                                       .get_threads = get,
                                       .set_threads = set};

static rtk_status begin(const char *api, int threads, rtk_limits **scope) {
    const rtk_limit limit = {.threads = threads, .internal_api = api};
    const rtk_limit_request request = {
        .size = sizeof request,
        .limits = &limit,
        .n_limits = 1,
        .flags = RTK_LIMIT_EXCLUSIVE | RTK_LIMIT_GROW | RTK_LIMIT_STRICT};
    return rtk_limits_begin(pools, &request, scope);
}

static rtk_limits *opened(int threads) {
    rtk_limits *scope = NULL;
    assert_int_equal(RTK_OK, begin("memory", threads, &scope));
    return scope;
}

static void end(rtk_limits *scope) {
    assert_int_equal(RTK_OK, rtk_limits_end(scope, NULL));
}

static void openblas(rtk_pool_info *info) {
    for (size_t i = 0; rtk_pools_info(pools, i, info) == RTK_OK; i++)
        if (strcmp(info->internal_api, "openblas") == 0) return;
    fail_msg("no OpenBLAS was found");
}

static void the_linked_openblas_is_found(void **state) {
    rtk_pool_info info;
    double a = 2, b = 3;
    (void)state;
    /* A linker may leave out a library that is not called. */
    assert_true(cblas_ddot(1, &a, 1, &b, 1) == 6);
    openblas(&info);
    assert_non_null(strstr(info.config, "OpenBLAS"));
    assert_non_null(info.architecture);
    assert_string_equal("pthreads", info.threading_layer);
    assert_true(info.threads >= 1);
}

static void a_scope_sets_and_restores_openblas(void **state) {
    rtk_pool_info info;
    (void)state;
    openblas(&info);
    int before = info.threads;
    /* More than it has: OpenBLAS writes its count while the threads that it
     * starts read it, which ThreadSanitizer reports. */
    int most = strcmp(RTK_LANE, "tsan") ? before + 1 : before;
    for (int threads = 1; threads <= most; threads++) {
        rtk_limits *scope = NULL;
        assert_int_equal(RTK_OK, begin("openblas", threads, &scope));
        openblas(&info);
        assert_int_equal(threads, info.threads);
        end(scope);
        openblas(&info);
        assert_int_equal(before, info.threads);
    }
}

static void fewer_than_one_thread_is_refused(void **state) {
    rtk_limits *scope = NULL;
    (void)state;
    assert_int_equal(RTK_EINVAL, begin("memory", 0, &scope));
    assert_int_equal(RTK_EINVAL, begin("memory", -1, &scope));
    assert_null(scope);
    assert_int_equal(FIRST, count);
}

static void scopes_may_end_in_any_order(void **state) {
    (void)state;
    rtk_limits *one = opened(2), *two = opened(2);
    end(one);
    assert_int_equal(2, count);
    end(two);
    assert_int_equal(FIRST, count);
}

static void a_scope_that_waits_for_its_own_thread_is_refused(void **state) {
    rtk_limits *inner = NULL;
    (void)state;
    rtk_limits *scope = opened(2);
    assert_int_equal(RTK_EINVAL, begin("memory", 1, &inner));
    assert_null(inner);
    assert_int_equal(2, count);
    end(scope);
    assert_int_equal(FIRST, count);
}

static void an_equal_count_is_not_set_again(void **state) {
    (void)state;
    sets = 0;
    end(opened(FIRST));
    assert_int_equal(0, sets);
}

/* Its own slot: how often the count was not the one asked for. */
typedef struct asker {
    int threads;
    unsigned wrong, done;
    pthread_t id;
} asker;

static void *ask(void *arg) {
    asker *a = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rtk_limits *scope = NULL;
        rtk_limit_report r = {0};
        if (begin("memory", a->threads, &scope)) return NULL;
        rtk_status s = rtk_limits_report(scope, 0, &r);
        a->wrong += s || count != a->threads || r.effective != a->threads;
        rtk_limits_end(scope, NULL);
        a->done++;
    }
    return NULL;
}

static void nobody_runs_under_a_count_not_asked_for(void **state) {
    asker askers[THREADS] = {0};
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        askers[i].threads = 1 + i % 3;
        assert_int_equal(0,
                         pthread_create(&askers[i].id, NULL, ask, &askers[i]));
    }
    for (int i = 0; i < THREADS; i++) pthread_join(askers[i].id, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(ROUNDS, askers[i].done);
        assert_int_equal(0, askers[i].wrong);
    }
    assert_int_equal(FIRST, count);
}

typedef struct holder {
    pthread_barrier_t open, end;
} holder;

static void *hold(void *arg) {
    holder *h = arg;
    rtk_limits *scope = NULL;
    if (begin("memory", 7, &scope)) return NULL;
    pthread_barrier_wait(&h->open);
    pthread_barrier_wait(&h->end);
    rtk_limits_end(scope, NULL);
    return NULL;
}

/* The scope of another thread is not the child's: it need not wait for it, and
 * the count before that scope comes back. */
static int scope_in_child(void *arg) {
    rtk_limits *scope = NULL;
    (void)arg;
    if (begin("memory", 2, &scope) || count != 2) return 1;
    rtk_limits_end(scope, NULL);
    return count == FIRST ? 0 : 2;
}

static void a_child_is_free_of_other_threads_scopes(void **state) {
    holder h;
    pthread_t thread;
    (void)state;
    unit_skip_forks_under_tsan();
    pthread_barrier_init(&h.open, NULL, 2);
    pthread_barrier_init(&h.end, NULL, 2);
    assert_int_equal(0, pthread_create(&thread, NULL, hold, &h));
    pthread_barrier_wait(&h.open);
    int bad = unit_fork(scope_in_child, NULL);
    pthread_barrier_wait(&h.end);
    pthread_join(thread, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(FIRST, count);
}

static int end_in_child(void *scope) {
    if (count != 2) return 1;
    rtk_limits_end(scope, NULL);
    return count == FIRST ? 0 : 2;
}

static void a_child_keeps_the_scope_it_was_forked_in(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    rtk_limits *scope = opened(2);
    int bad = unit_fork(end_in_child, scope);
    end(scope);
    assert_int_equal(0, bad);
}

static int find(void **state) {
    (void)state;
    return rtk_custom_pool_register(&memory) || rtk_pools_new(&pools);
}

static int leave(void **state) {
    (void)state;
    rtk_pools_free(pools);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_linked_openblas_is_found),
        cmocka_unit_test(a_scope_sets_and_restores_openblas),
        cmocka_unit_test(fewer_than_one_thread_is_refused),
        cmocka_unit_test(scopes_may_end_in_any_order),
        cmocka_unit_test(a_scope_that_waits_for_its_own_thread_is_refused),
        cmocka_unit_test(an_equal_count_is_not_set_again),
        cmocka_unit_test(nobody_runs_under_a_count_not_asked_for),
        cmocka_unit_test(a_child_is_free_of_other_threads_scopes),
        cmocka_unit_test(a_child_keeps_the_scope_it_was_forked_in),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
