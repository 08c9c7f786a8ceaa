#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <string.h>

#include "stress/fingerprint.h"

/* Stacks whose tops are the given functions, at the given lines. */
static json_t *stacks(const char *first, int line, const char *second) {
    return json_pack("[{s:s, s:[{s:s, s:n, s:n}, {s:s, s:s, s:i}]},"
                     " {s:s, s:[{s:s, s:s, s:i}]}]",
                     "title", "write", "frames", "function", "__tsan_memcpy",
                     "file", "line", "function", first, "file", "a/x.c", "line",
                     line, "title", "read", "frames", "function", second,
                     "file", "b/y.c", "line", 3);
}

static void print_of(const char *subject, json_t *of, char text[17]) {
    rtk_fingerprint("tsan", "data race", subject, of, text);
    json_decref(of);
}

static void neither_line_nor_subject_changes_a_race(void **state) {
    (void)state;
    char one[17], other[17];
    print_of("fft.c2c", stacks("f", 10, "g"), one);
    print_of("reduce.sum", stacks("f", 99, "g"), other);
    assert_string_equal(one, other);
}

static void another_function_is_another_race(void **state) {
    (void)state;
    char one[17], other[17];
    print_of("fft.c2c", stacks("f", 10, "g"), one);
    print_of("fft.c2c", stacks("f", 10, "h"), other);
    assert_string_not_equal(one, other);
}

static void copies_that_a_compiler_makes_are_one_function(void **state) {
    (void)state;
    static const char *const copies[] = {"f.constprop.0", "f.isra.1.part.2",
                                         "f.cold", "f.llvm.1234",
                                         "f._omp_fn.3"};
    char one[17], other[17];
    print_of("s", stacks("f", 10, "g"), one);
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        print_of("s", stacks(copies[i], 10, "g"), other);
        assert_string_equal(one, other);
    }
}

static void the_order_of_the_two_accesses_is_nothing(void **state) {
    (void)state;
    char one[17], other[17];
    json_t *pair = stacks("f", 10, "g");
    json_t *turned =
        json_pack("[O O]", json_array_get(pair, 1), json_array_get(pair, 0));
    print_of("s", pair, one);
    print_of("s", turned, other);
    assert_string_equal(one, other);
}

static void a_wrong_value_belongs_to_its_subject(void **state) {
    (void)state;
    char one[17], other[17];
    json_t *none = json_array();
    rtk_fingerprint("truth", "wrong result", "a", none, one);
    rtk_fingerprint("truth", "wrong result", "b", none, other);
    assert_string_not_equal(one, other);
    json_decref(none);
}

static void the_place_names_both_sides_without_the_sanitizer(void **state) {
    (void)state;
    char text[200];
    json_t *pair = stacks("f", 10, "g");
    rtk_finding_place(pair, text, sizeof text);
    assert_string_equal(text, " in f (x.c:10) and g (y.c:3)");
    rtk_finding_place(pair, text, 8);
    assert_true(strlen(text) < 8);
    json_decref(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_line_nor_subject_changes_a_race),
        cmocka_unit_test(another_function_is_another_race),
        cmocka_unit_test(copies_that_a_compiler_makes_are_one_function),
        cmocka_unit_test(the_order_of_the_two_accesses_is_nothing),
        cmocka_unit_test(a_wrong_value_belongs_to_its_subject),
        cmocka_unit_test(the_place_names_both_sides_without_the_sanitizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
