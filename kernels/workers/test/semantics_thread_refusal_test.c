/* Threads that cannot be started: the loop goes on with those there are, says
 * so, and the next one tries again. */

#include <sys/resource.h>

#include "kernels/workers/test/inject.h"
#include "kernels/workers/test/semantics.h"

enum { PARTS = 100, CALLERS = 4, LOOPS = 60, NOBODY = 65534 };

static rtk_status run_as(rtk_pool *pool, unsigned workers,
                         rtk_schedule schedule, rtk_loop *loop) {
    unsigned calls[PARTS + 1] = {0};
    slots s = {.parts = PARTS, .calls = calls};
    rtk_work work = {.size = sizeof work,
                     .executor = pool ? rtk_pool_executor(pool) : NULL,
                     .workers = workers,
                     .parts = PARTS,
                     .run = slots_note,
                     .arg = &s,
                     .schedule = schedule};
    rtk_status status = rtk_work_run(&work, loop);
    if (!status && !slots_are(&s, 1)) status = RTK_EFAILED;
    return status;
}

static void run_complete(rtk_pool *pool, rtk_schedule schedule,
                         rtk_loop *loop) {
    assert_int_equal(RTK_OK, run_as(pool, MAX_WORKERS, schedule, loop));
    assert_int_equal(PARTS, loop->parts_run);
    assert_int_equal(PARTS, loop->failed_part);
    assert_int_equal(PARTS, loop->first_unrun);
}

/* ---- Refused by the test ---------------------------------------------------
 */

static void refuse_from(rtk_pool *pool, int j, rtk_schedule schedule) {
    rtk_pool *which = pool ? pool : rtk_pool_shared();
    rtk_loop loop = {0};
    inject_arm(INJECT_THREADS, j, INJECT_ALWAYS);
    run_complete(pool, schedule, &loop);
    assert_int_equal(j < MAX_WORKERS ? j : MAX_WORKERS, loop.effective);
    assert_int_equal(loop.effective - 1, rtk_pool_helpers(which));
    run_complete(pool, schedule, &loop);
    assert_int_equal(j < MAX_WORKERS ? j : MAX_WORKERS, loop.effective);
    assert_int_equal(j<MAX_WORKERS, inject_disarm()> 0);
    run_complete(pool, schedule, &loop);
    assert_int_equal(MAX_WORKERS, loop.effective);
    assert_int_equal(MAX_WORKERS - 1, rtk_pool_helpers(which));
    assert_true(gathers(pool ? rtk_pool_executor(pool) : NULL, MAX_WORKERS));
    assert_int_equal(RTK_OK, rtk_pool_shutdown(which));
}

static void a_loop_goes_on_with_the_threads_there_are(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    count_threads_from_here();
    for (int j = 1; j <= MAX_WORKERS; j++)
        for (int schedule = 0; schedule < SCHEDULES; schedule++) {
            refuse_from(pool, j, (rtk_schedule)schedule);
            refuse_from(NULL, j, (rtk_schedule)schedule);
        }
    rtk_pool_free(pool);
}

static void one_refusal_costs_no_more_than_the_rest_of_a_loop(void **state) {
    (void)state;
    for (int j = 1; j < MAX_WORKERS; j++) {
        rtk_pool *pool = pool_that_shares(MAX_WORKERS);
        rtk_loop loop = {0};
        inject_arm(INJECT_THREADS, j, 1);
        run_complete(pool, RTK_GUIDED, &loop);
        unsigned helpers = rtk_pool_helpers(pool);
        assert_true(helpers >= (unsigned)j - 1);
        assert_true(helpers < MAX_WORKERS - 1);
        assert_int_equal(helpers + 1, loop.effective);
        assert_true(unit_threads_become(threads_at_rest + helpers));
        run_complete(pool, RTK_GUIDED, &loop);
        assert_int_equal(MAX_WORKERS, loop.effective);
        assert_int_equal(1, inject_disarm());
        assert_int_equal(MAX_WORKERS - 1, rtk_pool_helpers(pool));
        rtk_pool_free(pool);
        assert_true(unit_threads_become(threads_at_rest));
    }
}

static void a_pool_that_cannot_grow_keeps_what_it_has(void **state) {
    rtk_pool *pool = pool_that_shares(3);
    rtk_loop loop = {0};
    (void)state;
    run_complete(pool, RTK_GUIDED, &loop);
    assert_int_equal(3, loop.effective);
    inject_arm(INJECT_THREADS, 1, INJECT_ALWAYS);
    assert_int_equal(RTK_OK, rtk_pool_resize(pool, MAX_WORKERS));
    run_complete(pool, RTK_GUIDED, &loop);
    assert_int_equal(3, loop.effective);
    assert_true(gathers(rtk_pool_executor(pool), 3));
    assert_true(inject_disarm() > 0);
    run_complete(pool, RTK_GUIDED, &loop);
    assert_int_equal(MAX_WORKERS, loop.effective);
    rtk_pool_free(pool);
}

static rtk_status fail_odd(void *arg, size_t part) {
    (void)arg;
    return part % 2 ? RTK_EIO : RTK_OK;
}

static void without_threads_the_first_failure_is_the_same(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    rtk_loop loop = {0};
    (void)state;
    for (int j = 1; j <= 3; j++) {
        inject_arm(INJECT_THREADS, j, INJECT_ALWAYS);
        rtk_status s = rtk_parallel_for(rtk_pool_executor(pool), MAX_WORKERS,
                                        PARTS, fail_odd, NULL, &loop);
        inject_disarm();
        assert_int_equal(RTK_EIO, s);
        assert_int_equal(1, loop.failed_part);
        assert_int_equal(j, loop.effective);
        assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
    }
    rtk_pool_free(pool);
}

typedef struct caller {
    rtk_pool *pool;
    rtk_status status;
    pthread_t id;
} caller;

static void *loop_and_stop(void *arg) {
    caller *c = arg;
    for (int i = 0; !c->status && i < LOOPS; i++) {
        rtk_loop loop = {0};
        c->status = run_as(c->pool, MAX_WORKERS, RTK_GUIDED, &loop);
        if (loop.effective < 1 || loop.effective > MAX_WORKERS)
            c->status = RTK_EFAILED;
        if (!c->status && i % 8 == 0) c->status = rtk_pool_shutdown(c->pool);
    }
    return NULL;
}

static void many_callers_go_on_with_the_threads_there_are(void **state) {
    (void)state;
    for (int j = 1; j <= 5; j++) {
        rtk_pool *pool = pool_that_shares(MAX_WORKERS);
        caller callers[CALLERS] = {0};
        for (size_t i = 0; i < CALLERS; i++) {
            callers[i].pool = pool;
            assert_int_equal(0, pthread_create(&callers[i].id, NULL,
                                               loop_and_stop, &callers[i]));
        }
        inject_arm(INJECT_THREADS, j, 20);
        for (size_t i = 0; i < CALLERS; i++) pthread_join(callers[i].id, NULL);
        inject_disarm();
        for (size_t i = 0; i < CALLERS; i++)
            assert_int_equal(RTK_OK, callers[i].status);
        assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
        assert_true(unit_threads_become(threads_at_rest));
        assert_true(gathers(rtk_pool_executor(pool), MAX_WORKERS));
        rtk_pool_free(pool);
    }
}

static int refuse_in_child(void *arg) {
    rtk_pool *pool = arg;
    rtk_loop loop = {0};
    inject_arm(INJECT_THREADS, 3, INJECT_ALWAYS);
    if (run_as(pool, MAX_WORKERS, RTK_GUIDED, &loop)) return 1;
    if (loop.effective != 3 || rtk_pool_helpers(pool) != 2) return 2;
    inject_disarm();
    return gathers(rtk_pool_executor(pool), MAX_WORKERS) ? 0 : 3;
}

static void a_forked_child_goes_on_with_the_threads_there_are(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    unit_skip_forks_under_tsan();
    assert_true(gathers(rtk_pool_executor(pool), MAX_WORKERS));
    assert_int_equal(0, unit_fork(refuse_in_child, pool));
    rtk_pool_free(pool);
}

/* ---- Refused by the kernel -------------------------------------------------
 */

enum { NOT_POSSIBLE = 77 };

static bool may_start_threads(void) {
    pthread_t id;
    return !pthread_create(&id, NULL, come_and_go, NULL) &&
           !pthread_join(id, NULL);
}

/* As a user who may have one thread, then as many as before. */
static int meet_the_limit(void *arg) {
    struct rlimit limit;
    rtk_loop loop = {0};
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = MAX_WORKERS, .always_share = 1};
    (void)arg;
    /* With a sanitizer's own thread, before none can be had. */
    count_threads_from_here();
    if (!geteuid() && setuid(NOBODY)) return NOT_POSSIBLE;
    if (getrlimit(RLIMIT_NPROC, &limit)) return NOT_POSSIBLE;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 1;
    if (setrlimit(RLIMIT_NPROC, &limit)) return NOT_POSSIBLE;
    if (may_start_threads()) return NOT_POSSIBLE;
    if (rtk_pool_new_with(&pool, &options)) return 1;
    if (run_as(pool, MAX_WORKERS, RTK_GUIDED, &loop)) return 2;
    if (loop.effective != 1 || rtk_pool_helpers(pool)) return 3;
    limit.rlim_cur = before;
    if (setrlimit(RLIMIT_NPROC, &limit)) return 4;
    if (!may_start_threads()) return NOT_POSSIBLE;
    if (run_as(pool, MAX_WORKERS, RTK_GUIDED, &loop)) return 5;
    if (loop.effective != rtk_pool_helpers(pool) + 1) return 6;
    if (!gathers(rtk_pool_executor(pool), loop.effective)) return 7;
    rtk_pool_free(pool);
    return loop.effective == MAX_WORKERS ? 0 : NOT_POSSIBLE;
}

static void a_user_without_threads_left_runs_loops_alone(void **state) {
    (void)state;
    int result = unit_fork(meet_the_limit, NULL);
    if (result == NOT_POSSIBLE) {
        print_message("skipped: this user's number of threads cannot be "
                      "limited here\n");
        skip();
    }
    assert_int_equal(0, result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First, as ThreadSanitizer allows a child threads only as long as its
         * parent had none. */
        cmocka_unit_test(a_user_without_threads_left_runs_loops_alone),
        cmocka_unit_test(a_loop_goes_on_with_the_threads_there_are),
        cmocka_unit_test(one_refusal_costs_no_more_than_the_rest_of_a_loop),
        cmocka_unit_test(a_pool_that_cannot_grow_keeps_what_it_has),
        cmocka_unit_test(without_threads_the_first_failure_is_the_same),
        cmocka_unit_test(many_callers_go_on_with_the_threads_there_are),
        cmocka_unit_test(a_forked_child_goes_on_with_the_threads_there_are),
    };
    share_always();
    return RTK_RUN(tests);
}
