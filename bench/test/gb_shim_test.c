#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/gb_shim.h"

/* In thrower.cc. */
rtk_status rtk_test_throw(void *user, uint64_t calls);

/* What a case of these tests does, and what was done to it. */
typedef struct probe {
    uint64_t calls, runs, setups, checks, teardowns;
    rtk_status from_setup, from_kernel, from_check;
    const char *error;
} probe;

static rtk_status setup(void *user, rtk_gb_notes *notes) {
    probe *p = user;
    (void)notes;
    p->setups++;
    return p->from_setup;
}

static rtk_status kernel(void *user, uint64_t calls) {
    probe *p = user;
    p->runs++;
    p->calls += calls;
    return p->from_kernel;
}

static rtk_status check(void *user, rtk_gb_notes *notes) {
    probe *p = user;
    p->checks++;
    if (p->error) rtk_gb_error(notes, p->error);
    rtk_gb_count(notes, "plain", 7, RTK_GB_PLAIN);
    rtk_gb_count(notes, "all calls", 2, RTK_GB_TIMES_CALLS);
    rtk_gb_count(notes, "per second", 2, RTK_GB_WORK_RATE);
    rtk_gb_count(notes, "nan", NAN, RTK_GB_PLAIN);
    rtk_gb_count(notes, "infinite", INFINITY, RTK_GB_PLAIN);
    rtk_gb_count(notes, "one over nothing", 0, RTK_GB_INVERT);
    rtk_gb_label(notes, "a \"label\"\n\x01\xff");
    return p->from_check;
}

static void teardown(void *user) {
    ((probe *)user)->teardowns++;
}

static rtk_gb_case case_of(probe *p, const char *name) {
    return (rtk_gb_case){.size = sizeof(rtk_gb_case),
                         .name = name,
                         .user = p,
                         .setup = setup,
                         .kernel = kernel,
                         .check = check,
                         .teardown = teardown};
}

static size_t added(rtk_gb *gb, const rtk_gb_case *one) {
    size_t index = SIZE_MAX;
    assert_int_equal(rtk_gb_add(gb, one, &index), RTK_OK);
    return index;
}

static rtk_gb_result ran(rtk_gb *gb, size_t index, uint64_t calls) {
    rtk_gb_result r = {.size = sizeof r};
    assert_int_equal(rtk_gb_run(gb, index, calls, RTK_GB_KEEP, &r), RTK_OK);
    return r;
}

static int start(void **state) {
    rtk_gb *gb = NULL;
    if (rtk_gb_new(&gb, "gb_shim_test")) return -1;
    *state = gb;
    return 0;
}

static int end(void **state) {
    rtk_gb_free(*state);
    return 0;
}

static double counter(const rtk_gb_result *r, const char *name) {
    for (size_t i = 0; i < r->n_counters; i++)
        if (strcmp(r->counters[i].name, name) == 0) return r->counters[i].value;
    return NAN;
}

static void calls_are_exactly_what_was_asked(void **state) {
    probe p = {0};
    rtk_gb_case one = case_of(&p, "exact");
    size_t index = added(*state, &one);
    const uint64_t calls[] = {1, 2, 1000, 123457, 3};
    for (size_t i = 0; i < 5; i++) {
        p = (probe){0};
        rtk_gb_result r = ran(*state, index, calls[i]);
        assert_false(r.failed);
        assert_int_equal(r.calls, calls[i]);
        assert_int_equal(p.calls, calls[i]);
        assert_int_equal(p.runs, 1);
        assert_int_equal(p.setups, 1);
        assert_int_equal(p.checks, 1);
        assert_int_equal(p.teardowns, 1);
        assert_true(r.real_s > 0);
        assert_true(r.cpu_s >= 0);
    }
}

static void only_the_named_case_runs_whatever_is_in_its_name(void **state) {
    static const char *const names[] = {
        "a.c",   "abc",  "a",     "a|abc",         "(a)",  "[abc]",    "a{1}",
        "a*",    "a+b?", "^a$",   "\\w",           "-a",   "all",      ".",
        "a/b:1", "]}",   "a\\.c", "a b\"c\"<d>&'", "a$b^", "#%~`!@=,;"};
    enum { N = sizeof names / sizeof *names };
    probe p[N] = {{0}};
    size_t index[N];
    for (size_t i = 0; i < N; i++) {
        rtk_gb_case one = case_of(&p[i], names[i]);
        rtk_gb_arg args[] = {{"n", (int64_t)i}, {"w+", -1}};
        one.args = args;
        one.n_args = i % 3;
        index[i] = added(*state, &one);
    }
    for (size_t i = 0; i < N; i++) {
        ran(*state, index[i], i + 1);
        for (size_t k = 0; k < N; k++)
            assert_int_equal(p[k].calls, k <= i ? k + 1 : 0);
    }
}

static void counters_are_worked_out_and_finite(void **state) {
    probe p = {0};
    rtk_gb_case one = case_of(&p, "counters");
    rtk_gb_result r = ran(*state, added(*state, &one), 10);
    assert_int_equal(r.n_counters, 3);
    assert_int_equal(r.dropped_counters, 3);
    assert_true(counter(&r, "plain") == 7);
    assert_true(counter(&r, "all calls") == 20);
    double rate = 20 / r.real_s;
    assert_true(fabs(counter(&r, "per second") - rate) <= 1e-9 * rate);
    assert_string_equal(r.label, "a \"label\"???");
}

static rtk_status many(void *user, rtk_gb_notes *notes) {
    (void)user;
    for (int i = 0; i < RTK_GB_COUNTERS_MAX + 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        rtk_gb_count(notes, name, i, RTK_GB_PLAIN);
        rtk_gb_count(notes, "c0", i, RTK_GB_PLAIN);
    }
    return RTK_OK;
}

static void counters_beyond_the_room_are_dropped_and_counted(void **state) {
    probe p = {0};
    rtk_gb_case one = case_of(&p, "many");
    one.check = many;
    rtk_gb_result r = ran(*state, added(*state, &one), 1);
    assert_int_equal(r.n_counters, RTK_GB_COUNTERS_MAX);
    assert_int_equal(r.dropped_counters, 5);
    assert_true(counter(&r, "c0") == RTK_GB_COUNTERS_MAX + 4);
}

static void failed(rtk_gb *gb, const char *name, probe p, const char *error) {
    rtk_gb_case one = case_of(&p, name);
    rtk_gb_result r = ran(gb, added(gb, &one), 5);
    assert_true(r.failed);
    assert_string_equal(r.error, error);
    assert_true(r.real_s == 0 && r.cpu_s == 0);
    assert_int_equal(p.teardowns, 1);
    assert_int_equal(p.runs, p.from_setup ? 0 : 1);
    assert_int_equal(p.checks, p.from_setup || p.from_kernel ? 0 : 1);
}

static void an_error_of_any_callback_surfaces(void **state) {
    const char *enomem = rtk_status_text(RTK_ENOMEM);
    failed(*state, "setup", (probe){.from_setup = RTK_ENOMEM}, enomem);
    failed(*state, "kernel", (probe){.from_kernel = RTK_ENOMEM}, enomem);
    failed(*state, "check", (probe){.from_check = RTK_ENOMEM}, enomem);
    failed(*state, "sentence",
           (probe){.error = "off by one", .from_check = RTK_EFAILED},
           "off by one");
    failed(*state, "no sentence", (probe){.error = ""}, "no reason was given");
}

static void a_case_that_failed_can_run_again(void **state) {
    probe p = {.from_kernel = RTK_EIO};
    rtk_gb_case one = case_of(&p, "again");
    size_t index = added(*state, &one);
    assert_true(ran(*state, index, 3).failed);
    p.from_kernel = RTK_OK;
    assert_false(ran(*state, index, 3).failed);
}

static void what_is_thrown_is_an_error(void **state) {
    probe p = {0};
    rtk_gb_case one = case_of(&p, "exception");
    one.kernel = rtk_test_throw;
    rtk_gb_result r = ran(*state, added(*state, &one), 1);
    assert_string_equal(r.error, "thrown on purpose");
    one = case_of(NULL, "number");
    one.setup = NULL;
    one.check = NULL;
    one.teardown = NULL;
    one.kernel = rtk_test_throw;
    r = ran(*state, added(*state, &one), 1);
    assert_true(r.failed);
}

static void misuse_is_refused(void **state) {
    probe p = {0};
    rtk_gb *other = NULL;
    size_t index = 99;
    rtk_gb_result r = {.size = sizeof r};
    assert_int_equal(rtk_gb_new(&other, "x"), RTK_EUNSUPPORTED);
    assert_null(other);
    rtk_gb_case one = case_of(&p, "");
    assert_int_equal(rtk_gb_add(*state, &one, &index), RTK_EINVAL);
    one = case_of(&p, "twice");
    one.kernel = NULL;
    assert_int_equal(rtk_gb_add(*state, &one, &index), RTK_EINVAL);
    one.kernel = kernel;
    added(*state, &one);
    assert_int_equal(rtk_gb_add(*state, &one, &index), RTK_EINVAL);
    assert_int_equal(index, 99);
    assert_int_equal(rtk_gb_run(*state, 99, 1, RTK_GB_DROP, &r), RTK_EINVAL);
    assert_int_equal(rtk_gb_run(*state, 0, 0, RTK_GB_DROP, &r), RTK_EINVAL);
    assert_null(rtk_gb_name(*state, 99));
    rtk_gb_free(NULL);
}

/* The file, read by a parser that takes strict JSON only. */
static json_t *strict(const char *path) {
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("%s:%d: %s", path, error.line, error.text);
    return json;
}

static void member_is(json_t *run, const char *key, const char *text) {
    assert_string_equal(json_string_value(json_object_get(run, key)), text);
}

static void
the_json_is_strict_and_alternating_runs_are_repetitions(void **state) {
    probe p[2] = {{0}}, broken = {.from_kernel = RTK_EIO};
    size_t index[2], bad;
    rtk_gb_arg n = {"n", 256};
    rtk_gb_result dropped = {.size = sizeof dropped};
    for (size_t i = 0; i < 2; i++) {
        rtk_gb_case one = case_of(&p[i], i ? "second\\\"" : "first");
        one.args = &n;
        one.n_args = 1;
        index[i] = added(*state, &one);
    }
    rtk_gb_case one = case_of(&broken, "broken");
    bad = added(*state, &one);
    assert_int_equal(rtk_gb_run(*state, index[0], 9, RTK_GB_DROP, &dropped),
                     RTK_OK);
    for (int round = 0; round < 3; round++) {
        ran(*state, index[round % 2], 10);
        ran(*state, index[1 - round % 2], 20);
    }
    ran(*state, bad, 1);
    assert_int_equal(rtk_gb_context(*state, "key", "a\tvalue\xc3"), RTK_OK);
    char path[] = "gb_shim_test.json.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(rtk_gb_write(*state, path), RTK_OK);
    json_t *json = strict(path);
    unlink(path);
    member_is(json_object_get(json, "context"), "key", "a?value?");
    json_t *runs = json_object_get(json, "benchmarks");
    assert_int_equal(json_array_size(runs), 7);
    for (size_t i = 0; i < 6; i++) {
        json_t *run = json_array_get(runs, i);
        member_is(run, "name", rtk_gb_name(*state, index[i / 3]));
        member_is(run, "run_type", "iteration");
        member_is(run, "time_unit", "ns");
        assert_int_equal(
            json_integer_value(json_object_get(run, "repetition_index")),
            i % 3);
        assert_int_equal(
            json_integer_value(json_object_get(run, "repetitions")), 3);
        assert_true(json_number_value(json_object_get(run, "real_time")) > 0);
        assert_true(json_number_value(json_object_get(run, "plain")) == 7);
        assert_null(json_object_get(run, "nan"));
    }
    json_t *last = json_array_get(runs, 6);
    assert_true(json_is_true(json_object_get(last, "error_occurred")));
    json_decref(json);
}

static void a_file_that_cannot_be_written_is_an_error(void **state) {
    assert_int_equal(rtk_gb_write(*state, "no/such/folder/x.json"), RTK_EIO);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(calls_are_exactly_what_was_asked),
        TEST(only_the_named_case_runs_whatever_is_in_its_name),
        TEST(counters_are_worked_out_and_finite),
        TEST(counters_beyond_the_room_are_dropped_and_counted),
        TEST(an_error_of_any_callback_surfaces),
        TEST(a_case_that_failed_can_run_again),
        TEST(what_is_thrown_is_an_error),
        TEST(misuse_is_refused),
        TEST(the_json_is_strict_and_alternating_runs_are_repetitions),
        TEST(a_file_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
