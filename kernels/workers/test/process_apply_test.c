/* Items that travel to processes by value, and their results back. */

#include "kernels/workers/test/process_unit.h"

#include "kernels/workers/apply.h"

enum { ITEMS = 300, WORKERS = 3 };

/* Travels as the context. */
typedef struct terms {
    long factor;
    int fails[2]; /* with RTK_EFAILED and RTK_EIO */
    int dies;
} terms;

typedef struct answer {
    long value;
    pid_t pid;
} answer;

static int items[ITEMS];
static answer answers[ITEMS];

static rtk_status multiply(void *context, const void *item, void *result) {
    const terms *t = context;
    int x = *(const int *)item;
    if (x == t->dies) _exit(3);
    *(answer *)result = (answer){x * t->factor, getpid()};
    if (x == t->fails[0]) return RTK_EFAILED;
    return x == t->fails[1] ? RTK_EIO : RTK_OK;
}

static rtk_apply_job job_of(terms *t) {
    for (int i = 0; i < ITEMS; i++) {
        items[i] = i;
        answers[i] = (answer){-1, 0};
    }
    *t = (terms){.factor = 7, .fails = {-1, -1}, .dies = -1};
    return (rtk_apply_job){.fn = multiply,
                           .context = t,
                           .items = items,
                           .results = answers,
                           .n = ITEMS,
                           .item_size = sizeof *items,
                           .result_size = sizeof *answers,
                           .context_size = sizeof *t};
}

static void assert_answers(const answer *got, size_t but) {
    for (size_t i = 0; i < ITEMS; i++) {
        if (i == but) continue;
        assert_int_equal(7 * i, got[i].value);
        assert_int_not_equal(getpid(), got[i].pid);
    }
}

static void results_come_back_in_input_order(void **state) {
    (void)state;
    for (unsigned w = 1; w <= 4; w++) {
        rtk_processes *pool = unit_processes(w, 1);
        rtk_loop loop = {0};
        terms t;
        rtk_apply_job job = job_of(&t);
        assert_int_equal(
            RTK_OK, rtk_apply(rtk_processes_executor(pool), w, &job, &loop));
        assert_answers(answers, ITEMS);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_int_equal(ITEMS, loop.failed_part);
        rtk_processes_free(pool);
    }
}

static void the_first_failing_item_is_reported(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    for (int late = 0; late < 2; late++) {
        rtk_loop loop = {0};
        terms t;
        rtk_apply_job job = job_of(&t);
        t.fails[late] = 20;
        t.fails[!late] = 250;
        assert_int_equal(
            late ? RTK_EIO : RTK_EFAILED,
            rtk_apply(rtk_processes_executor(pool), WORKERS, &job, &loop));
        assert_int_equal(20, loop.failed_part);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_answers(answers, ITEMS);
    }
    rtk_processes_free(pool);
}

static void an_item_that_ends_its_worker_fails_alone(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    rtk_loop loop = {0};
    terms t;
    rtk_apply_job job = job_of(&t);
    t.dies = 123;
    assert_int_equal(RTK_EDIED, rtk_apply(rtk_processes_executor(pool), WORKERS,
                                          &job, &loop));
    assert_int_equal(123, loop.failed_part);
    assert_int_equal(-1, answers[123].value);
    assert_answers(answers, 123);
    rtk_processes_free(pool);
}

/* What lies in the arena is used where it is: results that are not asked for
 * would show a copy. */
static rtk_status write_address(void *context, const void *item, void *result) {
    (void)context;
    *(const void **)result = item;
    return RTK_OK;
}

static void what_lies_in_the_arena_is_not_copied(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    int *there = unit_arena(pool, ITEMS * sizeof *there);
    const void **seen = unit_arena(pool, ITEMS * sizeof *seen);
    rtk_apply_job job = {.fn = write_address,
                         .items = there,
                         .results = seen,
                         .n = ITEMS,
                         .item_size = sizeof *there,
                         .result_size = sizeof *seen};
    assert_int_equal(
        RTK_OK, rtk_apply(rtk_processes_executor(pool), WORKERS, &job, NULL));
    for (size_t i = 0; i < ITEMS; i++) assert_ptr_equal(&there[i], seen[i]);
    job.items = items;
    assert_int_equal(
        RTK_OK, rtk_apply(rtk_processes_executor(pool), WORKERS, &job, NULL));
    for (size_t i = 0; i < ITEMS; i++) assert_ptr_not_equal(&items[i], seen[i]);
    rtk_processes_free(pool);
}

static void an_arena_that_is_too_small_is_said(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    rtk_loop loop = {0};
    terms t;
    rtk_apply_job job = job_of(&t);
    o.workers = 2;
    o.arena_bytes = 4096;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    for (int i = 0; i < 3; i++)
        assert_int_equal(RTK_ENOMEM, rtk_apply(rtk_processes_executor(pool), 2,
                                               &job, &loop));
    /* And all of it was given back. */
    job.n = 20;
    assert_int_equal(RTK_OK,
                     rtk_apply(rtk_processes_executor(pool), 2, &job, &loop));
    assert_int_equal(7 * 19, answers[19].value);
    rtk_processes_free(pool);
}

static void a_cancelled_job_says_how_far_it_came(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    rtk_cancel cancel = {1};
    rtk_loop loop = {0};
    terms t;
    rtk_apply_job job = job_of(&t);
    job.cancel = &cancel;
    assert_int_equal(RTK_ECANCELLED,
                     rtk_apply(rtk_processes_executor(pool), 2, &job, &loop));
    assert_int_equal(0, loop.parts_run);
    assert_int_equal(-1, answers[0].value);
    rtk_processes_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_back_in_input_order),
        cmocka_unit_test(the_first_failing_item_is_reported),
        cmocka_unit_test(an_item_that_ends_its_worker_fails_alone),
        cmocka_unit_test(what_lies_in_the_arena_is_not_copied),
        cmocka_unit_test(an_arena_that_is_too_small_is_said),
        cmocka_unit_test(a_cancelled_job_says_how_far_it_came),
    };
    return RTK_RUN(tests);
}
