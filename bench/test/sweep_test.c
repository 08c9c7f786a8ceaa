#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/sweep.h"
#include "harness/plugin.h"
#include "kernels/workers/workers.h"

static rtk_loaded toys;
static json_t *records;
static char sentence[RTK_SENTENCE];

static void record(void *to, json_t *cell) {
    (void)to;
    assert_non_null(cell);
    json_array_append_new(records, cell);
}

static const rtk_subject *toy(const char *name) {
    const rtk_subject *subject = rtk_plugin_subject(&toys, name);
    assert_non_null(subject);
    return subject;
}

static rtk_sweep sweep_of(const rtk_subject *const *subject) {
    return (rtk_sweep){.size = sizeof(rtk_sweep),
                       .subjects = subject,
                       .n_subjects = 1,
                       .seed = 7,
                       .hooks = {.record = record}};
}

static rtk_swept swept(const rtk_sweep *sweep) {
    rtk_swept done = {0};
    json_array_clear(records);
    assert_int_equal(rtk_sweep_run(sweep, &done, sentence), RTK_OK);
    assert_int_equal(json_array_size(records), done.cells);
    return done;
}

static const char *text(size_t i, const char *key) {
    const char *t =
        json_string_value(json_object_get(json_array_get(records, i), key));
    return t ? t : "";
}

static json_int_t number(size_t i, const char *key) {
    return json_integer_value(json_object_get(json_array_get(records, i), key));
}

static size_t samples(size_t i) {
    json_t *cell = json_array_get(records, i);
    size_t wall = json_array_size(json_object_get(cell, "wall_ns"));
    assert_int_equal(json_array_size(json_object_get(cell, "cpu_ns")), wall);
    return wall;
}

static void a_right_answer_is_measured_at_every_point(void **state) {
    (void)state;
    const rtk_subject *subject = toy("toy.right");
    rtk_sweep sweep = sweep_of(&subject);
    rtk_swept done = swept(&sweep);
    size_t sizes = 2, over = 0, per_size = done.cells / sizes;
    assert_int_equal(done.measured, done.cells);
    assert_true(done.rounds >= 5);
    for (size_t i = 0; i < done.cells; i++) {
        json_t *cell = json_array_get(records, i);
        json_t *args = json_object_get(cell, "args");
        assert_string_equal(text(i, "record"), "cell");
        assert_string_equal(text(i, "subject"), "toy.right");
        assert_string_equal(text(i, "status"), "measured");
        assert_int_equal(json_integer_value(json_object_get(args, "n")),
                         i < per_size ? 100 : 1000);
        assert_int_equal(json_integer_value(json_object_get(args, "shift")), 3);
        assert_int_equal(number(i, "blas_threads"), 0);
        assert_int_equal(number(i, "threads"), number(i, "workers"));
        assert_int_equal(number(i, "effective_workers"), number(i, "workers"));
        assert_int_equal(samples(i), done.rounds);
        assert_true(number(i, "calls_per_sample") >= 1);
        bool marked = json_is_true(json_object_get(cell, "oversubscribed"));
        assert_int_equal(marked, number(i, "threads") > rtk_cpus_usable());
        over += marked;
    }
    assert_int_equal(over, sizes);
}

static void has_no_time(const char *name, const char *status,
                        const char *reason) {
    const rtk_subject *subject = toy(name);
    rtk_sweep sweep = sweep_of(&subject);
    rtk_swept done = swept(&sweep);
    assert_int_equal(done.measured, 0);
    assert_int_equal(done.wrong + done.could_not_run, done.cells);
    for (size_t i = 0; i < done.cells; i++) {
        assert_string_equal(text(i, "status"), status);
        assert_non_null(strstr(text(i, "reason"), reason));
        assert_int_equal(samples(i), 0);
    }
}

static void a_wrong_answer_has_no_time(void **state) {
    (void)state;
    has_no_time("toy.wrong", "wrong answer", "off by 1");
}

static void an_error_that_is_no_number_is_wrong(void **state) {
    (void)state;
    has_no_time("toy.nan", "wrong answer", "off by");
    for (size_t i = 0; i < json_array_size(records); i++)
        assert_true(
            json_is_null(json_object_get(json_array_get(records, i), "error")));
}

static void writing_beyond_an_array_is_wrong(void **state) {
    (void)state;
    has_no_time("toy.beyond", "wrong answer", "beyond the end of an array: y");
}

static void a_call_that_fails_has_no_time(void **state) {
    (void)state;
    has_no_time("toy.fails", "could not run", "a call failed: no more");
    has_no_time("toy.late", "could not run", "no more");
}

static void inputs_are_filled_again_where_a_call_overwrites_them(void **state) {
    (void)state;
    const rtk_subject *subject = toy("toy.in-place");
    rtk_sweep sweep = sweep_of(&subject);
    rtk_swept done = swept(&sweep);
    assert_int_equal(done.measured, done.cells);
}

static void blas_threads_are_an_axis_and_no_size(void **state) {
    (void)state;
    const rtk_subject *subject = toy("toy.blas");
    rtk_sweep sweep = sweep_of(&subject);
    sweep.n_sizes = 1;
    sweep.sizes[0] = 50;
    sweep.axes =
        (rtk_axes){.n_workers = 1, .workers = {3}, .n_blas = 2, .blas = {1, 2}};
    rtk_swept done = swept(&sweep);
    assert_int_equal(done.cells, 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *args = json_object_get(json_array_get(records, i), "args");
        assert_null(json_object_get(args, "blas"));
        assert_int_equal(json_integer_value(json_object_get(args, "n")), 50);
        assert_int_equal(number(i, "workers"), 3);
        assert_int_equal(number(i, "blas_threads"), i + 1);
        assert_int_equal(number(i, "threads"), 3 * (i + 1));
    }
}

static void a_request_that_cannot_be_served_is_refused(void **state) {
    (void)state;
    const rtk_subject *subject = toy("toy.blas");
    rtk_swept done = {.cells = 99};
    rtk_sweep sweep = sweep_of(&subject);
    sweep.n_sizes = 1;
    sweep.sizes[0] = 100001;
    assert_int_equal(rtk_sweep_run(&sweep, &done, sentence), RTK_EINVAL);
    assert_string_equal(sentence,
                        "toy.blas takes n from 1 to 100000, not 100001");
    sweep = sweep_of(&subject);
    sweep.axes = (rtk_axes){.n_blas = 1, .blas = {9}};
    assert_int_equal(rtk_sweep_run(&sweep, &done, sentence), RTK_EINVAL);
    assert_string_equal(sentence, "toy.blas takes blas from 1 to 8, not 9");
    sweep = sweep_of(&subject);
    sweep.n_settings = 1;
    sweep.settings[0] = (rtk_setting){"bach", 1};
    assert_int_equal(rtk_sweep_run(&sweep, &done, sentence), RTK_EINVAL);
    assert_non_null(strstr(sentence, "bach"));
    assert_int_equal(done.cells, 99);
}

/* Stops at the nth question. */
static bool stop(void *to) {
    return --*(int *)to <= 0;
}

static void a_sweep_that_is_stopped_gives_what_it_has(void **state) {
    (void)state;
    const rtk_subject *subject = toy("toy.right");
    for (int patience = 1; patience < 40; patience += 3) {
        int left = patience;
        rtk_sweep sweep = sweep_of(&subject);
        sweep.budget_s = 1e9;
        sweep.hooks.to = &left;
        sweep.hooks.stop = stop;
        rtk_swept done = swept(&sweep);
        assert_true(done.stopped);
        for (size_t i = 0; i < done.cells; i++)
            assert_string_equal(text(i, "status"),
                                samples(i) ? "measured" : "could not run");
    }
}

static int start(void **state) {
    (void)state;
    records = json_array();
    if (rtk_plugin_load(RTK_SWEEP_PLUGIN, "native", &toys, sentence)) {
        fprintf(stderr, "%s\n", sentence);
        return -1;
    }
    return 0;
}

static int end(void **state) {
    (void)state;
    json_decref(records);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_answer_is_measured_at_every_point),
        cmocka_unit_test(a_wrong_answer_has_no_time),
        cmocka_unit_test(an_error_that_is_no_number_is_wrong),
        cmocka_unit_test(writing_beyond_an_array_is_wrong),
        cmocka_unit_test(a_call_that_fails_has_no_time),
        cmocka_unit_test(inputs_are_filled_again_where_a_call_overwrites_them),
        cmocka_unit_test(blas_threads_are_an_axis_and_no_size),
        cmocka_unit_test(a_request_that_cannot_be_served_is_refused),
        cmocka_unit_test(a_sweep_that_is_stopped_gives_what_it_has),
    };
    return cmocka_run_group_tests(tests, start, end);
}
