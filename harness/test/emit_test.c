#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "harness/emit.h"

static int ends[2];

static int open_pipe(void **state) {
    (void)state;
    if (pipe(ends) != 0) return 1;
    rtk_emit_to(ends[1]);
    return 0;
}

/* What was written, parsed strictly. */
static json_t *written(size_t *bytes) {
    char text[8192];
    ssize_t n = read(ends[0], text, sizeof text);
    assert_true(n > 1);
    assert_int_equal(text[n - 1], '\n');
    *bytes = (size_t)n;
    return json_loadb(text, (size_t)n, 0, NULL);
}

static void a_line_is_one_json_object(void **state) {
    (void)state;
    rtk_line line;
    size_t bytes;
    rtk_line_begin(&line, "test");
    rtk_line_text(&line, "quoted", "a \"b\" \\ \n \x01");
    rtk_line_text(&line, "nothing", NULL);
    rtk_line_number(&line, "least", INT64_MIN);
    rtk_line_number(&line, "most", INT64_MAX);
    rtk_line_flag(&line, "yes", true);
    rtk_line_open(&line, "list", '[');
    rtk_line_number(&line, NULL, 1);
    rtk_line_number(&line, NULL, 2);
    rtk_line_end(&line);
    json_t *got = written(&bytes);
    assert_non_null(got);
    assert_string_equal(json_string_value(json_object_get(got, "quoted")),
                        "a \"b\" \\ \n \x01");
    assert_true(json_is_null(json_object_get(got, "nothing")));
    assert_true(json_integer_value(json_object_get(got, "least")) == INT64_MIN);
    assert_true(json_integer_value(json_object_get(got, "most")) == INT64_MAX);
    assert_int_equal(json_array_size(json_object_get(got, "list")), 2);
    json_decref(got);
}

static void text_in_utf_8_stays_and_other_bytes_do_no_harm(void **state) {
    (void)state;
    rtk_line line;
    size_t bytes;
    rtk_line_begin(&line, "test");
    rtk_line_text(&line, "good", "3 \xc3\x97 4 \xe2\x89\xa4 n");
    rtk_line_text(&line, "bad", "\xff\xc3(\xed\xa0\x80\xe2\x89");
    rtk_line_end(&line);
    json_t *got = written(&bytes);
    assert_non_null(got);
    assert_string_equal(json_string_value(json_object_get(got, "good")),
                        "3 \xc3\x97 4 \xe2\x89\xa4 n");
    json_decref(got);
}

static void a_line_that_is_too_long_stays_json_and_one_write(void **state) {
    (void)state;
    rtk_line line;
    size_t bytes;
    rtk_line_begin(&line, "long");
    rtk_line_open(&line, "list", '[');
    for (int i = 0; i < 1000; i++) {
        rtk_line_open(&line, NULL, '{');
        rtk_line_text(&line, "name", "some text");
        rtk_line_close(&line);
    }
    rtk_line_end(&line);
    json_t *got = written(&bytes);
    assert_non_null(got);
    assert_true(bytes <= PIPE_BUF);
    size_t kept = json_array_size(json_object_get(got, "list"));
    assert_true(kept > 100 && kept < 1000);
    json_decref(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(text_in_utf_8_stays_and_other_bytes_do_no_harm),
        cmocka_unit_test(a_line_that_is_too_long_stays_json_and_one_write),
    };
    return cmocka_run_group_tests(tests, open_pipe, NULL);
}
