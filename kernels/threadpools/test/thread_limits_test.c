/* Settings of a thread: as OpenMP's. */

#include "kernels/threadpools/test/known_libraries.h"

#include <pthread.h>

enum { FIRST = 4, THREADS = 6, ROUNDS = 500 };

static _Thread_local int count = FIRST;
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
    return RTK_OK;
}

static const rtk_custom_pool own = {.size = sizeof own,
                                    .internal_api = "own",
                                    .user_api = RTK_POOL_OTHER,
                                    .scope = RTK_POOL_THREAD,
                                    .meaning = RTK_POOL_TEAM,
                                    .get_threads = get,
                                    .set_threads = set};
/* And one of the process beside it. */
static memory_pool shared = {.count = FIRST};

static rtk_status begin(int threads, rtk_limits **scope) {
    return known_begin(
        pools, (rtk_limit){.threads = threads, .user_api = RTK_POOL_OTHER},
        RTK_LIMIT_GROW, scope);
}

/* ---- One scope and another thread -----------------------------------------
 */

typedef struct visit {
    rtk_limits *scope;
    int before, inside, after, wanted;
    unsigned limits;
    rtk_status begun, ended;
} visit;

static void *end_elsewhere(void *arg) {
    visit *v = arg;
    v->ended = rtk_limits_end(v->scope, NULL);
    return NULL;
}

static void *apply_here(void *arg) {
    visit *v = arg;
    rtk_limits *here = NULL;
    rtk_pool_info info;
    v->before = count;
    v->begun = rtk_limits_apply_here(v->scope, &here);
    v->inside = count;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.internal_api, "own") == 0) v->limits = info.limits;
    if (!v->begun) v->ended = rtk_limits_end(here, NULL);
    v->after = count;
    return NULL;
}

static void run(void *(*body)(void *), visit *v) {
    pthread_t thread;
    assert_int_equal(0, pthread_create(&thread, NULL, body, v));
    pthread_join(thread, NULL);
}

static void it_ends_in_its_own_thread_only(void **state) {
    visit v = {0};
    (void)state;
    assert_int_equal(RTK_OK, begin(2, &v.scope));
    run(end_elsewhere, &v);
    assert_int_equal(RTK_EINVAL, v.ended);
    assert_int_equal(2, count);
    assert_int_equal(2, shared.count);
    known_end(v.scope);
    assert_int_equal(FIRST, count);
    assert_int_equal(FIRST, shared.count);
}

static void one_of_the_process_alone_ends_anywhere(void **state) {
    visit v = {
        .scope = known_limit(
            pools, (rtk_limit){.threads = 2, .internal_api = "shared"}, 0)};
    (void)state;
    assert_int_equal(2, shared.count);
    run(end_elsewhere, &v);
    assert_int_equal(RTK_OK, v.ended);
    assert_int_equal(FIRST, shared.count);
}

static void other_threads_are_not_concerned_but_may_take_part(void **state) {
    visit v = {0};
    (void)state;
    assert_int_equal(RTK_OK, begin(2, &v.scope));
    run(apply_here, &v);
    assert_int_equal(RTK_OK, v.begun);
    assert_int_equal(FIRST, v.before);
    assert_int_equal(2, v.inside);
    assert_int_equal(1, v.limits);
    assert_int_equal(RTK_OK, v.ended);
    assert_int_equal(FIRST, v.after);
    assert_int_equal(2, shared.count);
    assert_int_equal(2, count);
    known_end(v.scope);
    assert_int_equal(FIRST, shared.count);
}

static void who_takes_part_holds_nothing_of_the_process(void **state) {
    rtk_limits *scope = NULL, *here = NULL;
    (void)state;
    assert_int_equal(RTK_OK, begin(2, &scope));
    assert_int_equal(RTK_OK, rtk_limits_apply_here(scope, &here));
    assert_int_equal(1, rtk_limits_count(here));
    known_end(scope);
    assert_int_equal(FIRST, shared.count);
    assert_int_equal(2, count);
    known_end(here);
    assert_int_equal(FIRST, count);
}

static void any_order_and_depth_is_right_in_a_thread(void **state) {
    rtk_limits *one = NULL, *two = NULL, *three = NULL;
    (void)state;
    assert_int_equal(RTK_OK, begin(2, &one));
    assert_int_equal(RTK_OK, begin(3, &two));
    assert_int_equal(2, count);
    assert_int_equal(RTK_OK, begin(1, &three));
    assert_int_equal(1, count);
    known_end(one);
    assert_int_equal(1, count);
    known_end(three);
    assert_int_equal(3, count);
    known_end(two);
    assert_int_equal(FIRST, count);
}

static void an_exclusive_scope_needs_no_turn(void **state) {
    rtk_limits *one = NULL, *two = NULL;
    const rtk_limit limit = {.threads = 2, .internal_api = "own"};
    const rtk_limit other = {.threads = 1, .internal_api = "own"};
    (void)state;
    assert_int_equal(RTK_OK,
                     known_begin(pools, limit, RTK_LIMIT_EXCLUSIVE, &one));
    assert_int_equal(RTK_EINVAL,
                     known_begin(pools, other, RTK_LIMIT_EXCLUSIVE, &two));
    assert_int_equal(RTK_EINVAL, known_begin(pools, other, 0, &two));
    assert_null(two);
    known_end(one);
    assert_int_equal(FIRST, count);
}

/* ---- All threads ----------------------------------------------------------
 */

typedef struct worker {
    pthread_t id;
    const rtk_limits *scope;
    unsigned wrong, done;
} worker;

static void *take_part(void *arg) {
    worker *w = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rtk_limits *here = NULL, *inner = NULL;
        if (rtk_limits_apply_here(w->scope, &here)) return NULL;
        w->wrong += count != 2;
        if (begin(1, &inner)) return NULL;
        w->wrong += count != 1;
        w->wrong += rtk_limits_end(here, NULL) != RTK_OK;
        w->wrong += count != 1;
        w->wrong += rtk_limits_end(inner, NULL) != RTK_OK;
        w->wrong += count != FIRST;
        w->done++;
    }
    return NULL;
}

static void workers_take_part_side_by_side(void **state) {
    worker workers[THREADS] = {0};
    rtk_limits *scope = NULL;
    (void)state;
    assert_int_equal(RTK_OK, begin(2, &scope));
    for (int i = 0; i < THREADS; i++) {
        workers[i].scope = scope;
        assert_int_equal(
            0, pthread_create(&workers[i].id, NULL, take_part, &workers[i]));
    }
    for (int i = 0; i < THREADS; i++) pthread_join(workers[i].id, NULL);
    known_end(scope);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(ROUNDS, workers[i].done);
        assert_int_equal(0, workers[i].wrong);
    }
    assert_int_equal(FIRST, count);
    assert_int_equal(FIRST, shared.count);
}

static int find(void **state) {
    (void)state;
    memory_register(&shared, "shared");
    pools = NULL;
    return rtk_custom_pool_register(&own) || rtk_pools_new(&pools);
}

static int leave(void **state) {
    (void)state;
    rtk_pools_free(pools);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_ends_in_its_own_thread_only),
        cmocka_unit_test(one_of_the_process_alone_ends_anywhere),
        cmocka_unit_test(other_threads_are_not_concerned_but_may_take_part),
        cmocka_unit_test(who_takes_part_holds_nothing_of_the_process),
        cmocka_unit_test(any_order_and_depth_is_right_in_a_thread),
        cmocka_unit_test(an_exclusive_scope_needs_no_turn),
        cmocka_unit_test(workers_take_part_side_by_side),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
