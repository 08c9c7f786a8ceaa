/* Sobol's sequence: SciPy's values in low and high dimensions, nets, and equal
 * bits for any workers and splits. */

#include "kernels/stats/sobol.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/test/expected.h"

static rtk_sobol *sequence(size_t dimensions, unsigned bits, int scramble,
                           uint64_t seed) {
    rtk_sobol_options o = {.size = sizeof o,
                           .dimensions = dimensions,
                           .bits = bits,
                           .scramble = scramble,
                           .seed = seed};
    rtk_sobol *s = NULL;
    assert_int_equal(rtk_sobol_new(&s, &o), RTK_OK);
    return s;
}

static void check_case(const json_t *of) {
    size_t n = (size_t)rtk_expected_int(of, "n"), columns;
    double *column = rtk_expected_numbers(of, "columns", &columns);
    double *want = rtk_expected_numbers(of, "points", NULL);
    double *got = calloc(n * RTK_SOBOL_DIMENSIONS, sizeof *got);
    assert_non_null(got);
    unsigned bits = (unsigned)rtk_expected_int(of, "bits");
    rtk_sobol *s = sequence(RTK_SOBOL_DIMENSIONS, bits, 0, 0);
    uint64_t first = (uint64_t)rtk_expected_int(of, "first");
    assert_int_equal(rtk_sobol_draw(s, first, n, got, 1, NULL), RTK_OK);
    /* SciPy rounds what is beyond double's precision, we cut it off. */
    double most = bits > 53 ? 0x1p-53 : 0;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < columns; c++) {
            size_t d = (size_t)column[c];
            double off =
                got[i * RTK_SOBOL_DIMENSIONS + d] - want[i * columns + c];
            assert_true(fabs(off) <= most);
        }
    rtk_sobol_free(s);
    free(got);
    free(want);
    free(column);
}

static void points_are_those_of_scipy(void **state) {
    (void)state;
    json_t *cases = rtk_expected_cases("stats/test/expected/sobol");
    const json_t *of;
    size_t i;
    json_array_foreach(cases, i, of) check_case(of);
    json_decref(cases);
}

/* Of 2^m points each of the 2^m intervals of each axis has one. */
static void each_interval_has_its_point(void **state) {
    (void)state;
    enum { POINTS = 256, AXES = 40 };
    static double points[POINTS * AXES];
    const double intervals = POINTS;
    for (int scramble = 0; scramble < 2; scramble++) {
        rtk_sobol *s = sequence(AXES, 30, scramble, 7);
        assert_int_equal(rtk_sobol_draw(s, POINTS, POINTS, points, 1, NULL),
                         RTK_OK);
        for (size_t d = 0; d < AXES; d++) {
            unsigned char seen[POINTS] = {0};
            for (size_t i = 0; i < POINTS; i++)
                seen[(size_t)(points[i * AXES + d] * intervals)]++;
            for (size_t i = 0; i < POINTS; i++) assert_int_equal(seen[i], 1);
        }
        rtk_sobol_free(s);
    }
}

static void seeds_differ_and_repeat(void **state) {
    (void)state;
    double a[12], b[12];
    const uint64_t seeds[] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        rtk_sobol *s = sequence(3, 30, 1, seeds[i]);
        assert_int_equal(rtk_sobol_draw(s, 0, 4, i ? b : a, 1, NULL), RTK_OK);
        if (i == 1) assert_memory_equal(a, b, sizeof a);
        if (i == 2) assert_memory_not_equal(a, b, sizeof a);
        rtk_sobol_free(s);
    }
}

static void bits_do_not_depend_on_workers_or_splits(void **state) {
    (void)state;
    enum { POINTS = 20000, AXES = 5 };
    static const int64_t workers[] = {1, 2, 3, 7, 64, 3000};
    static double one[POINTS * AXES], other[POINTS * AXES];
    rtk_sobol *s = sequence(AXES, 30, 1, 3);
    assert_int_equal(rtk_sobol_draw(s, 5, POINTS, one, 1, NULL), RTK_OK);
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        memset(other, 0, sizeof other);
        assert_int_equal(rtk_sobol_draw(s, 5, POINTS, other, workers[i], NULL),
                         RTK_OK);
        assert_memory_equal(one, other, sizeof one);
    }
    memset(other, 0, sizeof other);
    assert_int_equal(rtk_sobol_draw(s, 5, 777, other, 1, NULL), RTK_OK);
    size_t at = 777;
    assert_int_equal(
        rtk_sobol_draw(s, 782, POINTS - at, other + at * AXES, 2, NULL),
        RTK_OK);
    assert_memory_equal(one, other, sizeof one);
    rtk_sobol_free(s);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    rtk_sobol *s = NULL;
    rtk_sobol_options o = {.size = sizeof o, .dimensions = 0};
    assert_int_equal(rtk_sobol_new(&s, &o), RTK_EINVAL);
    o.dimensions = RTK_SOBOL_DIMENSIONS + 1;
    assert_int_equal(rtk_sobol_new(&s, &o), RTK_EINVAL);
    o.dimensions = 2;
    o.bits = 65;
    assert_int_equal(rtk_sobol_new(&s, &o), RTK_EINVAL);
    assert_null(s);
    s = sequence(2, 3, 0, 0);
    double points[18];
    assert_int_equal(rtk_sobol_draw(s, 0, 8, points, 1, NULL), RTK_OK);
    assert_int_equal(rtk_sobol_draw(s, 0, 9, points, 1, NULL), RTK_EINVAL);
    assert_int_equal(rtk_sobol_draw(s, 8, 1, points, 1, NULL), RTK_EINVAL);
    assert_int_equal(rtk_sobol_draw(s, UINT64_MAX, 2, points, 1, NULL),
                     RTK_EINVAL);
    assert_int_equal(rtk_sobol_draw(s, 8, 0, NULL, 1, NULL), RTK_OK);
    assert_int_equal(rtk_sobol_draw(s, 0, 8, points, 0, NULL), RTK_EINVAL);
    rtk_sobol_free(s);
    rtk_sobol_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_scipy),
        cmocka_unit_test(each_interval_has_its_point),
        cmocka_unit_test(seeds_differ_and_repeat),
        cmocka_unit_test(bits_do_not_depend_on_workers_or_splits),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
