#include "kernels/workers/test/squares.h"

static void results_come_back_in_input_order(void **state) {
    (void)state;
    for (int64_t workers = 1; workers <= 4; workers++) {
        squares f;
        rtk_loop loop = {0};
        squares_set_up(&f);
        assert_int_equal(RTK_OK, rtk_apply(NULL, workers, &f.job, &loop));
        squares_assert(&f, 0, ITEMS);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_int_equal(ITEMS, loop.first_unrun);
    }
}

static void the_first_failing_item_is_reported(void **state) {
    squares f;
    rtk_loop loop = {0};
    (void)state;
    squares_set_up(&f);
    f.fails[0] = 20;
    f.fails[1] = 150;
    assert_int_equal(RTK_EFAILED, rtk_apply(NULL, 3, &f.job, &loop));
    assert_int_equal(20, loop.failed_part);
    squares_assert(&f, 0, ITEMS);
}

static void a_job_without_function_or_size_is_refused(void **state) {
    squares f;
    (void)state;
    squares_set_up(&f);
    f.job.item_size = 0;
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 1, &f.job, NULL));
    squares_set_up(&f);
    f.job.fn = NULL;
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 1, &f.job, NULL));
    squares_set_up(&f);
    f.job.n = SIZE_MAX / f.job.item_size + 1;
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 1, &f.job, NULL));
    squares_set_up(&f);
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 0, &f.job, NULL));
}

static void a_cancelled_job_says_how_far_it_got(void **state) {
    squares f;
    rtk_loop loop = {0};
    (void)state;
    squares_set_up(&f);
    f.cancels = 10;
    assert_int_equal(RTK_ECANCELLED, rtk_apply(NULL, 1, &f.job, &loop));
    assert_int_equal(11, loop.first_unrun);
    assert_int_equal(11, loop.parts_run);
    squares_assert(&f, 0, 11);
}

/* ---- Executors that take jobs by value, sound and not ---------------------
 */

/* What the executor says; MATCHING means as the job is. */
typedef struct answer {
    rtk_status status;
    rtk_loop loop;
    bool runs;
    unsigned given; /* workers; 0 while it was not called */
} answer;

static rtk_status say(void *self, const rtk_apply_job *job, unsigned workers,
                      rtk_loop *loop) {
    answer *a = self;
    a->given = workers;
    for (size_t i = 0; a->runs && i < job->n; i++)
        (void)!job->fn(job->context,
                       (const char *)job->items + i * job->item_size,
                       (char *)job->results + i * job->result_size);
    *loop = a->loop;
    return a->status;
}

static rtk_executor by_value(answer *a) {
    return (rtk_executor){
        .size = sizeof(rtk_executor), .name = "test", .self = a, .apply = say};
}

enum { N = ITEMS };

static rtk_loop said(size_t run, size_t failed, size_t unrun) {
    return (rtk_loop){.parts_run = run,
                      .failed_part = failed,
                      .first_unrun = unrun,
                      .effective = 3,
                      .map_part = N};
}

static void a_job_goes_by_value_where_that_is_the_executors_way(void **state) {
    squares f;
    rtk_loop loop = {0};
    answer a = {.runs = true, .loop = said(N, N, N)};
    rtk_executor e = by_value(&a);
    (void)state;
    squares_set_up(&f);
    assert_int_equal(RTK_OK, rtk_apply(&e, 3, &f.job, &loop));
    squares_assert(&f, 0, ITEMS);
    assert_int_equal(3, a.given);
    assert_int_equal(3, loop.effective);
    assert_int_equal(sizeof loop, loop.size);
    assert_int_equal(RTK_OK, rtk_apply(&e, 3, &f.job, NULL));
}

static void workers_by_value_follow_the_grammar_and_the_caps(void **state) {
    squares f;
    answer a = {.runs = true, .loop = said(N, N, N)};
    rtk_executor e = by_value(&a);
    (void)state;
    squares_set_up(&f);
    assert_int_equal(RTK_OK, rtk_apply(&e, INT64_MAX, &f.job, NULL));
    assert_int_equal(ITEMS, a.given);
    e.most = 4;
    assert_int_equal(RTK_OK, rtk_apply(&e, 7, &f.job, NULL));
    assert_int_equal(4, a.given);
    a.given = 0;
    assert_int_equal(RTK_EINVAL, rtk_apply(&e, 0, &f.job, NULL));
    assert_int_equal(RTK_EINVAL, rtk_apply(&e, INT64_MIN + 1, &f.job, NULL));
    assert_int_equal(0, a.given);
}

static void one_worker_is_the_caller_by_value_too(void **state) {
    squares f;
    rtk_loop loop = {0};
    answer a = {0};
    rtk_executor e = by_value(&a);
    (void)state;
    squares_set_up(&f);
    assert_int_equal(RTK_OK, rtk_apply(&e, 1, &f.job, &loop));
    squares_assert(&f, 0, ITEMS);
    assert_int_equal(1, loop.effective);
    assert_int_equal(RTK_OK, rtk_apply(&e, RTK_WORKERS_DEFAULT, &f.job, NULL));
    e.most = 1;
    assert_int_equal(RTK_OK, rtk_apply(&e, 5, &f.job, NULL));
    assert_int_equal(0, a.given);
}

static rtk_status apply_inside(void *arg, size_t part) {
    squares f;
    rtk_executor e = by_value(arg);
    (void)part;
    squares_set_up(&f);
    rtk_status s = rtk_apply(&e, 4, &f.job, NULL);
    return s ? s : f.results[5] == 25 ? RTK_OK : RTK_EFAILED;
}

static void a_job_inside_a_part_stays_in_the_caller(void **state) {
    answer a = {.status = RTK_EFAILED};
    (void)state;
    assert_int_equal(RTK_OK,
                     rtk_parallel_for(NULL, 2, 2, apply_inside, &a, NULL));
    assert_int_equal(0, a.given);
}

static rtk_status backwards(void *self, rtk_part run, void *arg, size_t parts,
                            unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = parts; i-- > 0;) (void)!run(arg, i);
    return RTK_OK;
}

static void an_executor_of_an_older_header_has_no_way_by_value(void **state) {
    squares f;
    answer a = {0};
    rtk_executor e = by_value(&a);
    (void)state;
    squares_set_up(&f);
    e.size = offsetof(rtk_executor, apply);
    e.map = backwards;
    assert_int_equal(RTK_OK, rtk_apply(&e, 3, &f.job, NULL));
    squares_assert(&f, 0, ITEMS);
    assert_int_equal(0, a.given);
}

/* `asked` is whether the job was to stop. */
static const struct {
    bool asked;
    rtk_status status;
    size_t run, failed, unrun;
    rtk_status expected;
    rtk_map_fault fault;
    size_t place;
} row[] = {
    /* What may be. */
    {false, RTK_OK, N, N, N, RTK_OK, RTK_MAP_KEPT, N},
    {true, RTK_OK, N, N, N, RTK_OK, RTK_MAP_KEPT, N},
    {false, RTK_EFAILED, N, 9, N, RTK_EFAILED, RTK_MAP_KEPT, N},
    {true, RTK_EFAILED, 50, 9, 40, RTK_EFAILED, RTK_MAP_KEPT, N},
    {true, RTK_ECANCELLED, 50, N, 40, RTK_ECANCELLED, RTK_MAP_KEPT, N},
    {false, RTK_EUNSUPPORTED, 0, N, 0, RTK_EUNSUPPORTED, RTK_MAP_KEPT, N},
    {false, RTK_EIO, 80, N, 60, RTK_EIO, RTK_MAP_KEPT, N},
    /* Items that went without a word. */
    {false, RTK_OK, 50, N, N, RTK_EMAP, RTK_MAP_DROPPED, N},
    {false, RTK_OK, 50, N, 40, RTK_EMAP, RTK_MAP_DROPPED, 40},
    {true, RTK_OK, 50, N, 40, RTK_EMAP, RTK_MAP_DROPPED, 40},
    {true, RTK_ECANCELLED, 50, N, N, RTK_EMAP, RTK_MAP_DROPPED, N},
    {true, RTK_ECANCELLED, 50, N, 51, RTK_EMAP, RTK_MAP_DROPPED, 51},
    {false, RTK_EFAILED, 50, 9, 40, RTK_EMAP, RTK_MAP_DROPPED, 40},
    {false, RTK_OK, N, N, 40, RTK_EMAP, RTK_MAP_DROPPED, 40},
    {false, RTK_OK, N, 9, N, RTK_EMAP, RTK_MAP_DROPPED, 9},
    /* More than there are. */
    {false, RTK_OK, N + 1, N, N, RTK_EMAP, RTK_MAP_REPEATED, N},
    {false, RTK_OK, SIZE_MAX, N, N, RTK_EMAP, RTK_MAP_REPEATED, N},
    /* Its own confession. */
    {false, RTK_EMAP, N, N, N, RTK_EMAP, RTK_MAP_KEPT, N},
    /* Numbers beyond the job's are none. */
    {false, RTK_OK, N, SIZE_MAX, SIZE_MAX, RTK_OK, RTK_MAP_KEPT, N},
};

static void what_is_reported_by_value_has_to_add_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        squares f;
        rtk_loop loop = {0};
        answer a = {.status = row[i].status,
                    .loop = said(row[i].run, row[i].failed, row[i].unrun)};
        rtk_executor e = by_value(&a);
        squares_set_up(&f);
        if (row[i].asked) rtk_cancel_request(&f.cancel);
        print_message("row %zu\n", i);
        assert_int_equal(row[i].expected, rtk_apply(&e, 3, &f.job, &loop));
        assert_int_equal(row[i].fault, loop.map_fault);
        assert_int_equal(row[i].place, loop.map_part);
    }
}

static void a_fault_that_is_named_is_a_fault(void **state) {
    squares f;
    rtk_loop loop = {0};
    answer a = {.loop = said(N, N, N)};
    rtk_executor e = by_value(&a);
    (void)state;
    squares_set_up(&f);
    a.loop.map_fault = RTK_MAP_REORDERED;
    a.loop.map_part = 17;
    a.loop.effective = 77;
    assert_int_equal(RTK_EMAP, rtk_apply(&e, 3, &f.job, &loop));
    assert_int_equal(RTK_MAP_REORDERED, loop.map_fault);
    assert_int_equal(17, loop.map_part);
    assert_int_equal(3, loop.effective);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_back_in_input_order),
        cmocka_unit_test(the_first_failing_item_is_reported),
        cmocka_unit_test(a_job_without_function_or_size_is_refused),
        cmocka_unit_test(a_cancelled_job_says_how_far_it_got),
        cmocka_unit_test(a_job_goes_by_value_where_that_is_the_executors_way),
        cmocka_unit_test(workers_by_value_follow_the_grammar_and_the_caps),
        cmocka_unit_test(one_worker_is_the_caller_by_value_too),
        cmocka_unit_test(a_job_inside_a_part_stays_in_the_caller),
        cmocka_unit_test(an_executor_of_an_older_header_has_no_way_by_value),
        cmocka_unit_test(what_is_reported_by_value_has_to_add_up),
        cmocka_unit_test(a_fault_that_is_named_is_a_fault),
    };
    return RTK_RUN(tests);
}
