#include "kernels/workers/test/unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/stats/bounds.h"
#include "kernels/test/expected.h"

static void boxes_are_those_of_scipy(void **state) {
    json_t *cases = rtk_expected_cases("stats/test/expected/bounds");
    const json_t *of;
    size_t c, count = 0;
    (void)state;
    json_array_foreach(cases, c, of) {
        size_t n = (size_t)rtk_expected_int(of, "n");
        size_t d = (size_t)rtk_expected_int(of, "d");
        double *low = rtk_expected_numbers(of, "low", NULL);
        double *high = rtk_expected_numbers(of, "high", NULL);
        double *x = rtk_expected_numbers(of, "sample", &count);
        double *scaled = rtk_expected_numbers(of, "scaled", NULL);
        double *back = rtk_expected_numbers(of, "back", NULL);
        assert_int_equal(n * d, count);
        assert_int_equal(RTK_OK,
                         rtk_bounds_scale(x, x, n, d, low, high, false));
        assert_memory_equal(scaled, x, count * sizeof *x);
        assert_int_equal(RTK_OK, rtk_bounds_scale(x, x, n, d, low, high, true));
        assert_memory_equal(back, x, count * sizeof *x);
        free(low);
        free(high);
        free(x);
        free(scaled);
        free(back);
    }
    json_decref(cases);
}

static void whole_numbers_are_drawn_evenly(void **state) {
    enum { N = 7 * 64 };
    double x[N];
    int64_t got[N], low = -3, high = 4, times[8] = {0};
    (void)state;
    for (size_t i = 0; i < N; i++) x[i] = ((double)i + 0.5) / (double)N;
    assert_int_equal(RTK_OK,
                     rtk_bounds_integers(got, x, N, 1, &low, &high, false));
    for (size_t i = 0; i < N; i++) {
        assert_true(got[i] >= low && got[i] < high);
        times[got[i] - low]++;
    }
    for (size_t i = 0; i < 7; i++) assert_int_equal(64, times[i]);
    assert_int_equal(RTK_OK,
                     rtk_bounds_integers(got, x, N, 1, &low, &high, true));
    assert_int_equal(4, got[N - 1]);
    /* The end is not reached, however close. */
    x[0] = nextafter(1, 0);
    low = -(INT64_C(1) << 53);
    high = INT64_C(1) << 53;
    assert_int_equal(RTK_OK,
                     rtk_bounds_integers(got, x, 1, 1, &low, &high, false));
    assert_true(got[0] < high);
}

static void what_is_out_of_range_is_refused(void **state) {
    const double inside = 0.5, bad[] = {NAN, -1e-300, 1.5, INFINITY};
    const double low[] = {0, 1, NAN, -INFINITY}, high[] = {0, 0.5, 1, 1};
    const int64_t from[] = {0, 1, -(INT64_C(1) << 54)}, to[] = {0, 0, 0};
    double y = 42;
    int64_t k = 42;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const double zero = 0, one = 1;
        assert_int_equal(
            RTK_EINVAL,
            rtk_bounds_scale(&y, &inside, 1, 1, &low[i], &high[i], false));
        assert_int_equal(RTK_EINVAL, rtk_bounds_scale(&y, &bad[i], 1, 1, &zero,
                                                      &one, false));
        assert_int_equal(
            RTK_EINVAL, rtk_bounds_scale(&y, &bad[i], 1, 1, &zero, &one, true));
        assert_int_equal(RTK_EINVAL,
                         rtk_bounds_integers(&k, &bad[i], 1, 1, &(int64_t){0},
                                             &(int64_t){3}, false));
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            RTK_EINVAL,
            rtk_bounds_integers(&k, &inside, 1, 1, &from[i], &to[i], false));
    assert_int_equal(RTK_EINVAL, rtk_bounds_scale(&y, &inside, SIZE_MAX, 2, low,
                                                  high, false));
    assert_true(y == 42 && k == 42);
    assert_int_equal(RTK_OK,
                     rtk_bounds_scale(NULL, NULL, 0, 0, NULL, NULL, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_those_of_scipy),
        cmocka_unit_test(whole_numbers_are_drawn_evenly),
        cmocka_unit_test(what_is_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
