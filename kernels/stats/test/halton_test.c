/* Halton's sequence: SciPy's values and exact fractions, permutations, and
 * equal bits for any workers and splits. */

#include "kernels/stats/halton.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/test/expected.h"

static rtk_halton *sequence(size_t dimensions, int scramble, uint64_t seed) {
    rtk_halton_options o = {.size = sizeof o,
                            .dimensions = dimensions,
                            .scramble = scramble,
                            .seed = seed};
    rtk_halton *h = NULL;
    assert_int_equal(rtk_halton_new(&h, &o), RTK_OK);
    return h;
}

static void check_case(const json_t *of) {
    size_t n = (size_t)rtk_expected_int(of, "n"), numbers;
    double *want = rtk_expected_numbers(of, "points", &numbers);
    double *got = calloc(numbers, sizeof *got);
    assert_non_null(got);
    rtk_halton *h = sequence((size_t)rtk_expected_int(of, "dimensions"), 0, 0);
    uint64_t first = (uint64_t)rtk_expected_int(of, "first");
    assert_int_equal(rtk_halton_draw(h, first, n, got, 1, NULL), RTK_OK);
    for (size_t i = 0; i < numbers; i++)
        assert_true(fabs(got[i] - want[i]) <= 0x1p-52);
    rtk_halton_free(h);
    free(got);
    free(want);
}

static void points_are_those_of_scipy_and_of_exact_fractions(void **state) {
    (void)state;
    json_t *cases = rtk_expected_cases("stats/test/expected/halton");
    const json_t *of;
    size_t i;
    json_array_foreach(cases, i, of) check_case(of);
    json_decref(cases);
}

/* Among base^2 points from a multiple of it on, each interval of that length
 * has one, whatever the permutations. */
static void each_interval_has_its_point(void **state) {
    (void)state;
    static const size_t base[] = {2, 3, 5, 7, 11};
    for (int scramble = 0; scramble < 2; scramble++) {
        rtk_halton *h = sequence(5, scramble, 9);
        for (size_t d = 0; d < 5; d++) {
            size_t n = base[d] * base[d];
            double points[5 * 121], length = (double)n;
            unsigned char seen[121] = {0};
            assert_int_equal(rtk_halton_draw(h, 3 * n, n, points, 1, NULL),
                             RTK_OK);
            for (size_t i = 0; i < n; i++) {
                /* A plain point lies on its interval's end. */
                double x = points[i * 5 + d] * length + (scramble ? 0 : 1e-9);
                assert_in_range((size_t)x, 0, n - 1);
                seen[(size_t)x]++;
            }
            for (size_t i = 0; i < n; i++) assert_int_equal(seen[i], 1);
        }
        rtk_halton_free(h);
    }
}

static void seeds_differ_and_repeat(void **state) {
    (void)state;
    double a[40], b[40];
    const uint64_t seeds[] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        rtk_halton *h = sequence(4, 1, seeds[i]);
        assert_int_equal(rtk_halton_draw(h, 0, 10, i ? b : a, 1, NULL), RTK_OK);
        if (i == 1) assert_memory_equal(a, b, sizeof a);
        if (i == 2) assert_memory_not_equal(a, b, sizeof a);
        rtk_halton_free(h);
    }
}

static void bits_do_not_depend_on_workers_or_splits(void **state) {
    (void)state;
    enum { POINTS = 20000, AXES = 5 };
    static const int64_t workers[] = {1, 2, 3, 7, 64, 3000};
    static double one[POINTS * AXES], other[POINTS * AXES];
    for (int scramble = 0; scramble < 2; scramble++) {
        rtk_halton *h = sequence(AXES, scramble, 3);
        assert_int_equal(rtk_halton_draw(h, 5, POINTS, one, 1, NULL), RTK_OK);
        for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
            memset(other, 0, sizeof other);
            assert_int_equal(
                rtk_halton_draw(h, 5, POINTS, other, workers[i], NULL), RTK_OK);
            assert_memory_equal(one, other, sizeof one);
        }
        size_t at = 777;
        memset(other, 0, sizeof other);
        assert_int_equal(rtk_halton_draw(h, 5, at, other, 1, NULL), RTK_OK);
        assert_int_equal(
            rtk_halton_draw(h, 5 + at, POINTS - at, other + at * AXES, 2, NULL),
            RTK_OK);
        assert_memory_equal(one, other, sizeof one);
        rtk_halton_free(h);
    }
}

static void points_lie_in_the_cube_for_any_index(void **state) {
    (void)state;
    static double points[50 * 64];
    for (int scramble = 0; scramble < 2; scramble++) {
        rtk_halton *h = sequence(50, scramble, 4);
        assert_int_equal(
            rtk_halton_draw(h, UINT64_MAX - 64, 64, points, 1, NULL), RTK_OK);
        for (size_t i = 0; i < sizeof points / sizeof *points; i++)
            assert_true(points[i] >= 0 && points[i] < 1);
        rtk_halton_free(h);
    }
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    rtk_halton *h = NULL;
    rtk_halton_options o = {.size = sizeof o, .dimensions = 0};
    assert_int_equal(rtk_halton_new(&h, &o), RTK_EINVAL);
    o.dimensions = RTK_HALTON_DIMENSIONS + 1;
    assert_int_equal(rtk_halton_new(&h, &o), RTK_EINVAL);
    assert_null(h);
    h = sequence(2, 0, 0);
    double points[4];
    assert_int_equal(rtk_halton_draw(h, 0, 2, points, 0, NULL), RTK_EINVAL);
    assert_int_equal(rtk_halton_draw(h, UINT64_MAX, 2, points, 1, NULL),
                     RTK_EINVAL);
    assert_int_equal(rtk_halton_draw(h, 0, SIZE_MAX, points, 1, NULL),
                     RTK_EINVAL);
    assert_int_equal(rtk_halton_draw(h, 0, 0, NULL, 1, NULL), RTK_OK);
    rtk_halton_free(h);
    rtk_halton_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_scipy_and_of_exact_fractions),
        cmocka_unit_test(each_interval_has_its_point),
        cmocka_unit_test(seeds_differ_and_repeat),
        cmocka_unit_test(bits_do_not_depend_on_workers_or_splits),
        cmocka_unit_test(points_lie_in_the_cube_for_any_index),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
