#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "kernels/workers/workers.h"

enum { PARTS = 64, CALLERS = 6, LOOPS = 400 };

static rtk_status add_one(void *arg, size_t part) {
    unsigned *count = arg;
    count[part]++;
    return RTK_OK;
}

static bool all_are(const unsigned *count, unsigned value) {
    for (size_t i = 0; i < PARTS; i++)
        if (count[i] != value) return false;
    return true;
}

static rtk_status once(const rtk_executor *executor, int64_t workers) {
    unsigned count[PARTS] = {0};
    rtk_status s =
        rtk_parallel_for(executor, workers, PARTS, add_one, count, NULL);
    return s ? s : all_are(count, 1) ? RTK_OK : RTK_EFAILED;
}

/* ---- Threads --------------------------------------------------------------
 */

static void one_worker_starts_no_thread(void **state) {
    unsigned before = unit_threads();
    (void)state;
    assert_int_equal(RTK_OK, once(NULL, 1));
    assert_int_equal(RTK_OK, once(NULL, RTK_WORKERS_DEFAULT));
    assert_int_equal(before, unit_threads());
}

static void a_freed_pool_leaves_no_thread(void **state) {
    rtk_pool *pool = NULL;
    unsigned before = unit_threads();
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(RTK_OK, rtk_pool_new(&pool, 4));
        assert_int_equal(RTK_OK, once(rtk_pool_executor(pool), 4));
        assert_true(unit_threads() >= before + 3);
        rtk_pool_free(pool);
        assert_true(unit_threads_become(before));
    }
}

static void an_unused_pool_starts_no_thread(void **state) {
    rtk_pool *pool = NULL;
    unsigned before = unit_threads();
    (void)state;
    assert_int_equal(RTK_OK, rtk_pool_new(&pool, 8));
    assert_int_equal(before, unit_threads());
    rtk_pool_free(pool);
    rtk_pool_free(NULL);
}

static void a_pool_has_a_size(void **state) {
    rtk_pool *pool = NULL;
    rtk_loop loop = {0};
    unsigned count[PARTS] = {0};
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_pool_new(&pool, 0));
    assert_int_equal(RTK_EINVAL, rtk_pool_new(&pool, RTK_WORKERS_MAX + 1));
    assert_null(pool);
    assert_int_equal(RTK_OK, rtk_pool_new(&pool, 2));
    assert_int_equal(RTK_OK, rtk_parallel_for(rtk_pool_executor(pool), 9, PARTS,
                                              add_one, count, &loop));
    assert_int_equal(2, loop.effective);
    rtk_pool_free(pool);
}

/* ---- Sharing --------------------------------------------------------------
 */

/* Two parts that can only end together: each says that it is there, and waits
 * for the other. If they do not run at the same time the test never ends. */
static rtk_status meet(void *arg, size_t part) {
    _Atomic unsigned *there = arg;
    struct timespec pause = {0, 1000000};
    (void)part;
    /* Relaxed: counts only. */
    atomic_fetch_add_explicit(there, 1, memory_order_relaxed);
    while (atomic_load_explicit(there, memory_order_relaxed) < 2)
        nanosleep(&pause, NULL);
    return RTK_OK;
}

static void two_workers_run_at_the_same_time(void **state) {
    _Atomic unsigned there = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_parallel_for(NULL, 2, 2, meet, &there, NULL));
    assert_int_equal(2, there);
}

static void a_sleeping_helper_is_woken(void **state) {
    struct timespec pause = {0, 5000000};
    (void)state;
    for (int i = 0; i < 5; i++) {
        _Atomic unsigned there = 0;
        nanosleep(&pause, NULL);
        assert_int_equal(RTK_OK,
                         rtk_parallel_for(NULL, 2, 2, meet, &there, NULL));
        assert_int_equal(2, there);
    }
}

/* One caller among many; its own slots. */
typedef struct caller {
    const rtk_executor *executor;
    unsigned count[PARTS];
    rtk_status status;
    pthread_t id;
} caller;

static void *call_often(void *arg) {
    caller *c = arg;
    for (int i = 0; !c->status && i < LOOPS; i++)
        c->status = rtk_parallel_for(c->executor, 1 + i % 4, PARTS, add_one,
                                     c->count, NULL);
    return NULL;
}

static void call_together(const rtk_executor *executor) {
    caller callers[CALLERS] = {0};
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i].executor = executor;
        assert_int_equal(
            0, pthread_create(&callers[i].id, NULL, call_often, &callers[i]));
    }
    for (size_t i = 0; i < CALLERS; i++) pthread_join(callers[i].id, NULL);
    for (size_t i = 0; i < CALLERS; i++) {
        assert_int_equal(RTK_OK, callers[i].status);
        assert_true(all_are(callers[i].count, LOOPS));
    }
}

static void callers_may_share_the_process_wide_pool(void **state) {
    (void)state;
    call_together(NULL);
}

static void callers_may_share_a_pool_of_their_own(void **state) {
    rtk_pool *pool = NULL;
    (void)state;
    assert_int_equal(RTK_OK, rtk_pool_new(&pool, 3));
    call_together(rtk_pool_executor(pool));
    rtk_pool_free(pool);
}

static void more_workers_than_cpus_are_right_too(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) assert_int_equal(RTK_OK, once(NULL, 17));
}

/* ---- Fork -----------------------------------------------------------------
 */

static int loops_in_child(void *executor) {
    for (int i = 0; i < 20; i++)
        if (once(executor, 3)) return 1;
    return unit_threads() >= 3 ? 0 : 2;
}

static void a_child_uses_the_pool_of_an_idle_parent(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(RTK_OK, once(NULL, 3));
        assert_int_equal(0, unit_fork(loops_in_child, NULL));
        assert_int_equal(RTK_OK, once(NULL, 3));
    }
}

static int free_in_child(void *pool) {
    int bad = loops_in_child(NULL);
    rtk_pool_free(pool);
    return bad;
}

static void a_child_may_free_its_copy_of_a_pool(void **state) {
    rtk_pool *pool = NULL;
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(RTK_OK, rtk_pool_new(&pool, 3));
    assert_int_equal(RTK_OK, once(rtk_pool_executor(pool), 3));
    assert_int_equal(0, unit_fork(free_in_child, pool));
    assert_int_equal(RTK_OK, once(rtk_pool_executor(pool), 3));
    rtk_pool_free(pool);
}

typedef struct busy {
    _Atomic bool stop;
    rtk_status status;
} busy;

static void *stay_busy(void *arg) {
    busy *b = arg;
    /* Relaxed: a flag alone. */
    while (!b->status && !atomic_load_explicit(&b->stop, memory_order_relaxed))
        b->status = once(NULL, 3);
    return NULL;
}

static void a_child_uses_the_pool_of_a_busy_parent(void **state) {
    busy b = {0};
    pthread_t thread;
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(0, pthread_create(&thread, NULL, stay_busy, &b));
    int bad = 0;
    for (int i = 0; i < 20; i++) bad |= unit_fork(loops_in_child, NULL);
    atomic_store_explicit(&b.stop, true, memory_order_relaxed);
    pthread_join(thread, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(RTK_OK, b.status);
}

typedef struct forker {
    pid_t child;
    pthread_t caller;
} forker;

/* Forks in part 0. A helper's child ends by itself when it returns, as a
 * process does whose last thread ends; LeakSanitizer would then take what the
 * caller's stack holds for lost. */
static rtk_status fork_in_part(void *arg, size_t part) {
    forker *f = arg;
    if (part) return RTK_OK;
    f->child = fork();
    if (f->child) return RTK_OK;
    alarm(CHILD_SECONDS);
    if (!pthread_equal(pthread_self(), f->caller) && !strcmp(RTK_LANE, "asan"))
        _exit(0);
    return RTK_OK;
}

static int fork_inside_loop(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        forker f = {.child = -1, .caller = pthread_self()};
        pid_t self = getpid();
        int status = 0;
        rtk_status s = rtk_parallel_for(NULL, 3, PARTS, fork_in_part, &f, NULL);
        /* The caller forked, and this is the child. */
        if (getpid() != self) _exit(s == RTK_ECANCELLED ? 0 : 9);
        if (s || waitpid(f.child, &status, 0) != f.child) return 1;
        /* A helper's child ends by itself, with 0. */
        if (!WIFEXITED(status) || WEXITSTATUS(status)) return 2;
    }
    return 0;
}

static void a_fork_inside_a_part_is_defined(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(0, unit_fork(fork_inside_loop, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_starts_no_thread),
        cmocka_unit_test(an_unused_pool_starts_no_thread),
        cmocka_unit_test(a_freed_pool_leaves_no_thread),
        cmocka_unit_test(a_pool_has_a_size),
        cmocka_unit_test(two_workers_run_at_the_same_time),
        cmocka_unit_test(a_sleeping_helper_is_woken),
        cmocka_unit_test(callers_may_share_the_process_wide_pool),
        cmocka_unit_test(callers_may_share_a_pool_of_their_own),
        cmocka_unit_test(more_workers_than_cpus_are_right_too),
        cmocka_unit_test(a_child_uses_the_pool_of_an_idle_parent),
        cmocka_unit_test(a_child_may_free_its_copy_of_a_pool),
        cmocka_unit_test(a_child_uses_the_pool_of_a_busy_parent),
        cmocka_unit_test(a_fork_inside_a_part_is_defined),
    };
    return RTK_RUN(tests);
}
