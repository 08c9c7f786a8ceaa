/* Children of a process with open scopes. */

#include "kernels/threadpools/test/known_libraries.h"

#include <pthread.h>
#include <stdatomic.h>

enum { FIRST = 4, BUSY = 4, FORKS = 20 };

static memory_pool memory = {.count = FIRST};
static rtk_pools *pools;

static rtk_status begin(int threads, rtk_limits **scope) {
    return known_begin(
        pools, (rtk_limit){.threads = threads, .internal_api = "memory"},
        RTK_LIMIT_GROW, scope);
}

typedef struct other {
    pthread_t id;
    pthread_barrier_t begun, end;
    rtk_status status;
} other;

static void *hold(void *arg) {
    other *o = arg;
    rtk_limits *scope = NULL;
    o->status = begin(1, &scope);
    pthread_barrier_wait(&o->begun);
    pthread_barrier_wait(&o->end);
    if (!o->status) o->status = rtk_limits_end(scope, NULL);
    return NULL;
}

/* Exit status of a child that is forked while another thread limits to 1. */
static int with_other(int (*in_child)(void *), void *arg) {
    other o = {0};
    pthread_barrier_init(&o.begun, NULL, 2);
    pthread_barrier_init(&o.end, NULL, 2);
    assert_int_equal(0, pthread_create(&o.id, NULL, hold, &o));
    pthread_barrier_wait(&o.begun);
    int code = unit_fork(in_child, arg);
    pthread_barrier_wait(&o.end);
    pthread_join(o.id, NULL);
    assert_int_equal(RTK_OK, o.status);
    return code;
}

static int limit_in_child(void *arg) {
    rtk_limits *scope = NULL;
    rtk_pool_info info;
    (void)arg;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (info.limits) return 1;
    if (begin(3, &scope) || memory.count != 3) return 2;
    if (rtk_limits_end(scope, NULL)) return 3;
    return memory.count == FIRST ? 0 : 4;
}

static void scopes_of_other_threads_are_not_in_the_child(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(0, with_other(limit_in_child, NULL));
    assert_int_equal(FIRST, memory.count);
}

/* The scope is the forking thread's, with a limit of 2; another's of 1 is gone.
 */
static int end_in_child(void *arg) {
    rtk_limits *more = NULL;
    if (begin(3, &more) || memory.count != 2) return 1;
    if (rtk_limits_end(arg, NULL) || memory.count != 3) return 2;
    if (rtk_limits_end(more, NULL)) return 3;
    return memory.count == FIRST ? 0 : 4;
}

static void scopes_of_the_forking_thread_are(void **state) {
    rtk_limits *scope = NULL;
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(RTK_OK, begin(2, &scope));
    assert_int_equal(0, with_other(end_in_child, scope));
    known_end(scope);
    assert_int_equal(FIRST, memory.count);
}

/* One that asks for another count than the exclusive scope that is open. */
static void *want(void *arg) {
    other *o = arg;
    rtk_limits *scope = NULL;
    pthread_barrier_wait(&o->begun);
    o->status =
        known_begin(pools, (rtk_limit){.threads = 3, .internal_api = "memory"},
                    RTK_LIMIT_GROW | RTK_LIMIT_EXCLUSIVE, &scope);
    if (!o->status) o->status = rtk_limits_end(scope, NULL);
    return NULL;
}

static int exclude_in_child(void *arg) {
    rtk_limits *scope = NULL;
    if (rtk_limits_end(arg, NULL) || memory.count != FIRST) return 1;
    if (known_begin(pools, (rtk_limit){.threads = 1, .internal_api = "memory"},
                    RTK_LIMIT_EXCLUSIVE, &scope))
        return 2;
    return rtk_limits_end(scope, NULL) || memory.count != FIRST ? 3 : 0;
}

/* When the child is made the other may not wait yet; one of many times it
 * does. */
static void a_child_does_not_queue_behind_other_threads(void **state) {
    other o = {0};
    int bad = 0;
    (void)state;
    unit_skip_forks_under_tsan();
    rtk_limits *scope =
        known_limit(pools, (rtk_limit){.threads = 2, .internal_api = "memory"},
                    RTK_LIMIT_EXCLUSIVE);
    pthread_barrier_init(&o.begun, NULL, 2);
    assert_int_equal(0, pthread_create(&o.id, NULL, want, &o));
    pthread_barrier_wait(&o.begun);
    for (int i = 0; i < FORKS && !bad; i++)
        bad = unit_fork(exclude_in_child, scope);
    known_end(scope);
    pthread_join(o.id, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(RTK_OK, o.status);
    assert_int_equal(FIRST, memory.count);
}

static int look_in_child(void *arg) {
    rtk_pools *own = NULL;
    (void)arg;
    void *handle = dlopen(RTK_KNOWN_LIBRARIES "/plain.so", RTLD_NOW);
    if (!handle || rtk_pools_new(&own)) return 1;
    bool found = known_find(own, "plain").threads == 5;
    rtk_pools_free(own);
    return found && rtk_pools_refresh(pools, NULL) == RTK_OK ? 0 : 2;
}

static void a_child_may_look_for_libraries(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(0, unit_fork(look_in_child, NULL));
}

/* ---- While others are busy ------------------------------------------------
 */

typedef struct busy {
    pthread_t id;
    pthread_barrier_t *started;
    const _Atomic bool *stop;
    unsigned done;
} busy;

static void *work(void *arg) {
    busy *b = arg;
    pthread_barrier_wait(b->started);
    /* Pairs with nothing: the join orders what counts. */
    while (!atomic_load_explicit(b->stop, memory_order_relaxed)) {
        rtk_limits *scope = NULL;
        if (begin(1 + (int)(b->done % 3), &scope)) return NULL;
        if (rtk_limits_end(scope, NULL)) return NULL;
        b->done++;
    }
    return NULL;
}

static int use_in_child(void *arg) {
    rtk_limits *scope = NULL;
    (void)arg;
    if (begin(2, &scope) || memory.count != 2) return 1;
    return rtk_limits_end(scope, NULL) || memory.count != FIRST ? 2 : 0;
}

static void a_child_of_a_busy_process_does_not_hang(void **state) {
    busy all[BUSY] = {0};
    pthread_barrier_t started;
    _Atomic bool stop = false;
    int bad = 0;
    (void)state;
    unit_skip_forks_under_tsan();
    pthread_barrier_init(&started, NULL, BUSY + 1);
    for (int i = 0; i < BUSY; i++) {
        all[i] = (busy){.started = &started, .stop = &stop};
        assert_int_equal(0, pthread_create(&all[i].id, NULL, work, &all[i]));
    }
    pthread_barrier_wait(&started);
    for (int i = 0; i < FORKS; i++) bad += unit_fork(use_in_child, NULL) != 0;
    atomic_store_explicit(&stop, true, memory_order_relaxed);
    for (int i = 0; i < BUSY; i++) pthread_join(all[i].id, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(FIRST, memory.count);
}

static int find(void **state) {
    (void)state;
    memory_register(&memory, "memory");
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
        cmocka_unit_test(scopes_of_other_threads_are_not_in_the_child),
        cmocka_unit_test(scopes_of_the_forking_thread_are),
        cmocka_unit_test(a_child_does_not_queue_behind_other_threads),
        cmocka_unit_test(a_child_may_look_for_libraries),
        cmocka_unit_test(a_child_of_a_busy_process_does_not_hang),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
