#include "kernels/workers/test/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/discrepancy.h"
#include "kernels/test/expected.h"

enum { N = 203, D = 5, NUMBERS = N * D };

static void fill(double *x) {
    uint64_t seed = 7;
    for (size_t i = 0; i < NUMBERS; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        x[i] = (double)(seed >> 11) * 0x1p-53;
    }
}

static void one_point_has_its_closed_form(void **state) {
    (void)state;
    for (size_t d = 1; d <= D; d++) {
        double ones[D] = {1, 1, 1, 1, 1}, got = -1, e = (double)d;
        const double want[] = {
            pow(13. / 12, e) - 2 * pow(1.125, e) + pow(1.5, e),
            pow(1.5, e) - pow(4. / 3, e),
            pow(19. / 12, e) - 2 * pow(71. / 48, e) + pow(1.625, e),
            pow(3, -e / 2)};
        for (int k = 0; k < 4; k++) {
            assert_int_equal(RTK_OK, rtk_discrepancy(ones, 1, d,
                                                     (rtk_discrepancy_kind)k, 1,
                                                     &got, NULL));
            assert_true(fabs(got - want[k]) <= 1e-14 * want[k]);
        }
    }
}

/* The value that SciPy's manual prints for this design. */
static void the_manuals_design_has_its_value(void **state) {
    double x[] = {1, 5, 3, 11, 5, 3, 7, 9, 9, 1, 11, 7}, got = -1;
    (void)state;
    for (size_t i = 0; i < 12; i++) x[i] /= 12;
    assert_int_equal(
        RTK_OK, rtk_discrepancy(x, 6, 2, RTK_DISCREPANCY_CD, 1, &got, NULL));
    assert_true(fabs(got - 0.008142039609053464) <= 1e-15);
}

/* Points that grow by one: what SciPy gives, and what all at once give. */
static void check_growing(const json_t *of, const double *x, size_t n,
                          size_t d) {
    if (!json_object_get(of, "begun")) return;
    double *begun = rtk_expected_numbers(of, "begun", NULL), got = -1, all = -1;
    double *added = rtk_expected_numbers(of, "added", NULL);
    double *more = malloc((n + 1) * d * sizeof *more);
    assert_non_null(more);
    for (int k = 3; k >= 0; k--) {
        rtk_discrepancy_kind kind = (rtk_discrepancy_kind)k;
        assert_int_equal(RTK_OK,
                         rtk_discrepancy_begin(x, n, d, kind, 2, &got, NULL));
        assert_true(fabs(got - begun[k]) <= 1e-11 * fabs(begun[k]));
    }
    assert_int_equal(RTK_OK, rtk_discrepancy_add(x, x, n, d, &got));
    assert_true(fabs(got - *added) <= 1e-11 * fabs(*added));
    memcpy(more, x, n * d * sizeof *x);
    memcpy(more + n * d, x, d * sizeof *x);
    assert_int_equal(RTK_OK, rtk_discrepancy(more, n + 1, d, RTK_DISCREPANCY_CD,
                                             1, &all, NULL));
    assert_true(fabs(got - all) <= 1e-11 * fabs(all));
    free(more);
    free(begun);
    free(added);
}

/* Differences of nearly equal sums: SciPy's own rounding is some 1e-12. Tiny
 * sets were added up in fractions. */
static void the_values_are_those_of_scipy_and_of_fractions(void **state) {
    json_t *cases = rtk_expected_cases("stats/test/expected/discrepancy");
    (void)state;
    assert_true(json_array_size(cases) > 0);
    for (size_t c = 0; c < json_array_size(cases); c++) {
        const json_t *of = json_array_get(cases, c);
        size_t n = (size_t)rtk_expected_int(of, "n");
        size_t d = (size_t)rtk_expected_int(of, "d"), count = 0;
        double *x = rtk_expected_numbers(of, "sample", &count);
        double *want = rtk_expected_numbers(of, "values", NULL), got = -1;
        assert_int_equal(n * d, count);
        for (int k = 0; k < 4; k++) {
            rtk_discrepancy_kind kind = (rtk_discrepancy_kind)k;
            assert_int_equal(RTK_OK,
                             rtk_discrepancy(x, n, d, kind, 2, &got, NULL));
            assert_true(fabs(got - want[k]) <= 1e-11 * fabs(want[k]));
        }
        check_growing(of, x, n, d);
        free(want);
        free(x);
    }
    json_decref(cases);
}

static void bits_are_equal_for_any_workers(void **state) {
    static const int64_t workers[] = {2, 3, 7, 64, 3000};
    double x[N * D];
    (void)state;
    fill(x);
    for (int k = 0; k < 4; k++) {
        rtk_discrepancy_kind kind = (rtk_discrepancy_kind)k;
        double one = -1, many = -1;
        assert_int_equal(RTK_OK, rtk_discrepancy(x, N, D, kind, 1, &one, NULL));
        for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
            assert_int_equal(RTK_OK, rtk_discrepancy(x, N, D, kind, workers[w],
                                                     &many, NULL));
            assert_memory_equal(&one, &many, sizeof one);
        }
    }
}

static void what_is_not_in_the_cube_is_refused(void **state) {
    const double bad[] = {NAN, INFINITY, -INFINITY, -0x1p-1074, 1 + 0x1p-52};
    double got = 42, x = 0;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL,
                         rtk_discrepancy(bad + i, 1, 1, 0, 1, &got, NULL));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy(&x, 0, 1, 0, 1, &got, NULL));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy(&x, 1, 0, 0, 1, &got, NULL));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy(&x, 1, 1, 0, 0, &got, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_discrepancy(&x, SIZE_MAX, 2, 0, 1, &got, NULL));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy_add(bad, &x, 1, 1, &got));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy_add(&x, bad, 1, 1, &got));
    assert_int_equal(RTK_EINVAL, rtk_discrepancy_add(&x, &x, 0, 1, &got));
    assert_true(got == 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_point_has_its_closed_form),
        cmocka_unit_test(the_manuals_design_has_its_value),
        cmocka_unit_test(the_values_are_those_of_scipy_and_of_fractions),
        cmocka_unit_test(bits_are_equal_for_any_workers),
        cmocka_unit_test(what_is_not_in_the_cube_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
