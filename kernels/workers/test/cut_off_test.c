/* What is worth sharing: by what was learned, by what was said. */

#include "kernels/workers/test/unit.h"

#include <pthread.h>

#include "kernels/workers/workers.h"

enum { PARTS = 2, TRIES = 20000 };

/* Parts that take `work_ns`, or nothing; they may note on which thread. */
typedef struct task {
    long work_ns;
    bool noted;
    pthread_t by[PARTS];
} task;

static long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000000000L + t.tv_nsec;
}

static rtk_status part(void *arg, size_t i) {
    task *t = arg;
    if (t->noted) t->by[i] = pthread_self();
    if (!t->work_ns) return RTK_OK;
    long end = now_ns() + t->work_ns;
    while (now_ns() < end) {
    }
    return RTK_OK;
}

/* The same, for what one test learns not to be another's. */
static rtk_status other_part(void *arg, size_t i) {
    return part(arg, i);
}

static rtk_pool *pool_of(int always_share) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = 2, .always_share = always_share};
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    return pool;
}

static rtk_loop run(rtk_pool *pool, rtk_part what, task *t, uint64_t part_ns) {
    rtk_loop loop = {0};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = 2,
                     .parts = PARTS,
                     .run = what,
                     .arg = t,
                     .part_ns = part_ns};
    assert_int_equal(RTK_OK, rtk_work_run(&work, &loop));
    assert_int_equal(PARTS, loop.parts_run);
    return loop;
}

/* Whether a loop is cut off, or is not, within some tries. */
static bool becomes(rtk_pool *pool, rtk_part what, task *t, int cut_off,
                    int tries) {
    for (int i = 0; i < tries; i++)
        if (run(pool, what, t, 0).cut_off == cut_off) return true;
    return false;
}

static void small_work_runs_in_the_caller_alone(void **state) {
    rtk_pool *pool = pool_of(0);
    task t = {0};
    (void)state;
    assert_true(becomes(pool, part, &t, 1, TRIES));
    t.noted = true;
    assert_int_equal(1, run(pool, part, &t, 1).cut_off);
    for (size_t i = 0; i < PARTS; i++)
        assert_true(pthread_equal(pthread_self(), t.by[i]));
    rtk_pool_free(pool);
}

static void large_work_is_shared(void **state) {
    rtk_pool *pool = pool_of(0);
    task t = {.work_ns = 500000};
    (void)state;
    run(pool, other_part, &t, 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(0, run(pool, other_part, &t, 0).cut_off);
    rtk_pool_free(pool);
}

static void work_that_grows_is_shared_again(void **state) {
    rtk_pool *pool = pool_of(0);
    task t = {0};
    (void)state;
    assert_true(becomes(pool, part, &t, 1, TRIES));
    t.work_ns = 500000;
    /* Tiny loops are timed now and then only. */
    assert_true(becomes(pool, part, &t, 0, 100));
    rtk_pool_free(pool);
}

static void a_pool_that_always_shares_cuts_nothing_off(void **state) {
    rtk_pool *pool = pool_of(1);
    task t = {0};
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(0, run(pool, part, &t, 0).cut_off);
    rtk_pool_free(pool);
}

static void what_the_caller_says_of_the_cost_is_believed(void **state) {
    rtk_pool *pool = pool_of(0);
    task t = {0};
    unsigned before = unit_threads();
    (void)state;
    assert_int_equal(1, run(pool, part, &t, 1).cut_off);
    assert_int_equal(before, unit_threads());
    assert_int_equal(0, run(pool, part, &t, 1000000).cut_off);
    rtk_pool_free(pool);
}

static void the_crossover_is_measured_while_loops_run(void **state) {
    struct timespec pause = {0, 2000000};
    rtk_pool *pool = pool_of(1);
    rtk_crossover c = {0};
    task t = {.work_ns = 20000};
    (void)state;
    rtk_pool_crossover(pool, &c);
    assert_int_equal(0, c.wakes);
    for (int i = 0; i < 50; i++) {
        run(pool, part, &t, 0);
        nanosleep(&pause, NULL);
    }
    rtk_pool_crossover(pool, &c);
    assert_true(c.wakes > 0);
    assert_true(c.asleep_ns > 0);
    assert_true(c.awake_ns > 0);
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_work_runs_in_the_caller_alone),
        cmocka_unit_test(large_work_is_shared),
        cmocka_unit_test(work_that_grows_is_shared_again),
        cmocka_unit_test(a_pool_that_always_shares_cuts_nothing_off),
        cmocka_unit_test(what_the_caller_says_of_the_cost_is_believed),
        cmocka_unit_test(the_crossover_is_measured_while_loops_run),
    };
    return RTK_RUN(tests);
}
