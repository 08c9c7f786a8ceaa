#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "stress/axis.h"
#include "stress/covering.h"

enum { ROOM = 400 };

static uint8_t rows[ROOM][RTK_FACTORS_MAX];

/* Whether levels u of a and v of b occur together. */
static bool occurs(size_t n, size_t a, unsigned u, size_t b, unsigned v) {
    for (size_t r = 0; r < n; r++)
        if (rows[r][a] == u && rows[r][b] == v) return true;
    return false;
}

static size_t made_for(const unsigned *levels, size_t n) {
    size_t made = rtk_covering_array(levels, n, rows, ROOM);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            for (unsigned u = 0; u < levels[a]; u++)
                for (unsigned v = 0; v < levels[b]; v++)
                    assert_true(occurs(made, a, u, b, v));
    return made;
}

static void every_pair_of_levels_occurs(void **state) {
    (void)state;
    made_for((const unsigned[]){4, 2, 3, 4, 2, 3, 5, 9}, 8);
    made_for((const unsigned[]){1, 1, 7}, 3);
    made_for((const unsigned[]){16, 16}, 2);
}

static void there_are_far_fewer_rows_than_combinations(void **state) {
    (void)state;
    /* At least the product of the two largest, at most half as many again. */
    size_t n = made_for((const unsigned[]){4, 2, 3, 4, 2, 3, 5, 9}, 8);
    assert_in_range(n, 45, 68);
    /* Ten factors of two levels: six rows are the least there can be. */
    n = made_for((const unsigned[]){2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 10);
    assert_in_range(n, 6, 12);
}

static void the_first_row_is_plain_and_room_is_kept_to(void **state) {
    static const unsigned levels[] = {3, 3, 3};
    static const uint8_t zeros[3];
    (void)state;
    memset(rows, 1, sizeof rows);
    assert_int_equal(rtk_covering_array(levels, 3, rows, 4), 4);
    assert_memory_equal(rows[0], zeros, 3);
    assert_int_equal(rows[4][0], 1);
}

static void equal_arguments_give_equal_rows(void **state) {
    static const unsigned levels[] = {3, 2, 4, 3};
    static uint8_t again[ROOM][RTK_FACTORS_MAX];
    (void)state;
    size_t n = rtk_covering_array(levels, 4, rows, ROOM);
    assert_int_equal(rtk_covering_array(levels, 4, again, ROOM), n);
    assert_memory_equal(rows, again, n * sizeof *rows);
}

static void an_axis_value_without_its_promise_is_never_drawn(void **state) {
    static const rtk_subject subject = {0};
    static const rtk_usage usage = {.actors = RTK_THREADS};
    static rtk_rows without, with;
    bool refused = false;
    (void)state;
    rtk_rows_make(&without, &usage, &subject, 0);
    for (size_t r = 0; r < without.n; r++)
        assert_int_not_equal(without.row[r].at[RTK_AXIS_WORKERS],
                             RTK_WORKERS_REFUSED);
    rtk_rows_make(&with, &usage, &subject, RTK_WORKERS_GRAMMAR);
    for (size_t r = 0; r < with.n; r++)
        refused |= with.row[r].at[RTK_AXIS_WORKERS] == RTK_WORKERS_REFUSED;
    assert_true(refused);
}

static void axes_and_values_are_found_by_name(void **state) {
    (void)state;
    for (const rtk_axis *const *a = rtk_axes; *a; a++) {
        assert_ptr_equal(rtk_axis_find((*a)->name), *a);
        for (size_t v = 0; v < (*a)->n; v++)
            assert_int_equal(rtk_axis_value_find(*a, (*a)->values[v].name), v);
        assert_int_equal(rtk_axis_value_find(*a, "none such"), (*a)->n);
    }
    assert_null(rtk_axis_find("none such"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_levels_occurs),
        cmocka_unit_test(there_are_far_fewer_rows_than_combinations),
        cmocka_unit_test(the_first_row_is_plain_and_room_is_kept_to),
        cmocka_unit_test(equal_arguments_give_equal_rows),
        cmocka_unit_test(an_axis_value_without_its_promise_is_never_drawn),
        cmocka_unit_test(axes_and_values_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
