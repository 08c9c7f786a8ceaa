/* How many threads there are, and what they do when there is nothing to do. */

#include "kernels/workers/test/semantics.h"

enum { PARTS = 64, WORKERS = 4, CROWD = 64 };
static const double ns_per_s = 1e9;

static void there_is_no_thread_before_the_first_shared_loop(void **state) {
    (void)state;
    assert_int_equal(0, rtk_pool_helpers(rtk_pool_shared()));
    assert_int_equal(RTK_OK, run_once(NULL, 1, PARTS));
    assert_int_equal(RTK_OK, run_once(NULL, RTK_WORKERS_DEFAULT, PARTS));
    assert_int_equal(RTK_OK, run_once(NULL, WORKERS, 1));
    assert_int_equal(RTK_OK, run_once(NULL, WORKERS, 0));
    assert_int_equal(0, rtk_pool_helpers(rtk_pool_shared()));
    assert_true(unit_threads_become(threads_at_rest));
}

static void one_worker_never_starts_a_thread(void **state) {
    rtk_pool *many = pool_that_shares(MAX_WORKERS), *one = pool_that_shares(1);
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(RTK_OK, run_once(rtk_pool_executor(many), 1, PARTS));
        assert_int_equal(RTK_OK, run_once(rtk_pool_executor(one), 5, PARTS));
    }
    assert_int_equal(0, rtk_pool_helpers(many));
    assert_int_equal(0, rtk_pool_helpers(one));
    assert_true(unit_threads_become(threads_at_rest));
    rtk_pool_free(one);
    rtk_pool_free(many);
}

static void helpers_are_as_many_as_were_asked_for(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    for (unsigned workers = 2; workers <= MAX_WORKERS; workers++) {
        for (unsigned less = 1; less <= workers; less++)
            assert_true(gathers(rtk_pool_executor(pool), less));
        assert_int_equal(workers - 1, rtk_pool_helpers(pool));
        assert_true(unit_threads_become(threads_at_rest + workers - 1));
    }
    rtk_pool_free(pool);
    assert_true(unit_threads_become(threads_at_rest));
}

static void parts_limit_the_helpers(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(RTK_OK, run_once(rtk_pool_executor(pool), 8, 3));
    assert_int_equal(2, rtk_pool_helpers(pool));
    rtk_pool_free(pool);
}

static void many_more_workers_than_cpus_are_there_at_once(void **state) {
    rtk_pool *pool = pool_that_shares(CROWD);
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(gathers(rtk_pool_executor(pool), CROWD));
        assert_int_equal(CROWD - 1, rtk_pool_helpers(pool));
    }
    rtk_pool_free(pool);
    assert_true(unit_threads_become(threads_at_rest));
}

/* ---- Idle ------------------------------------------------------------------
 */

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / ns_per_s;
}

/* CPU time of the process for each second that passes, of `work`. */
static double load(rtk_pool *pool, void (*work)(rtk_pool *pool)) {
    double wall = seconds(CLOCK_MONOTONIC);
    double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
    work(pool);
    used = seconds(CLOCK_PROCESS_CPUTIME_ID) - used;
    return used / (seconds(CLOCK_MONOTONIC) - wall);
}

static rtk_status burn(void *arg, size_t part) {
    double until = seconds(CLOCK_THREAD_CPUTIME_ID) + 2e-3;
    (void)arg;
    (void)part;
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < until) {
    }
    return RTK_OK;
}

static void work_hard(rtk_pool *pool) {
    for (int i = 0; i < 10; i++)
        (void)!rtk_parallel_for(rtk_pool_executor(pool), WORKERS,
                                (size_t)2 * WORKERS, burn, NULL, NULL);
}

static void wait_long(rtk_pool *pool) {
    struct timespec t = {0, 250000000};
    (void)pool;
    nanosleep(&t, NULL);
}

static void idle_helpers_use_no_cpu(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    assert_true(gathers(rtk_pool_executor(pool), WORKERS));
    double busy = load(pool, work_hard), idle = load(pool, wait_long);
    assert_int_equal(WORKERS - 1, rtk_pool_helpers(pool));
    assert_true(idle < busy / 10);
    rtk_pool_free(pool);
}

/* Helpers that look for long sleep at last as well. */
static void helpers_that_spin_sleep_in_the_end(void **state) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {.size = sizeof options,
                                .threads = WORKERS,
                                .idle = RTK_IDLE_SPIN,
                                .always_share = 1};
    (void)state;
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    assert_true(gathers(rtk_pool_executor(pool), WORKERS));
    double busy = load(pool, work_hard);
    wait_long(pool);
    wait_long(pool);
    assert_true(load(pool, wait_long) < busy / 10);
    assert_true(gathers(rtk_pool_executor(pool), WORKERS));
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_thread_before_the_first_shared_loop),
        cmocka_unit_test(one_worker_never_starts_a_thread),
        cmocka_unit_test(helpers_are_as_many_as_were_asked_for),
        cmocka_unit_test(parts_limit_the_helpers),
        cmocka_unit_test(many_more_workers_than_cpus_are_there_at_once),
        cmocka_unit_test(idle_helpers_use_no_cpu),
        cmocka_unit_test(helpers_that_spin_sleep_in_the_end),
    };
    share_always();
    count_threads_from_here();
    return RTK_RUN(tests);
}
