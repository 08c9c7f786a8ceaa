#include "kernels/workers/test/unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/reduce/sum.h"

static const size_t sizes[] = {0,     1,     7,      128,     129,    1000,
                               16384, 16385, 100003, 1 << 18, 1300001};
enum { SIZES = sizeof sizes / sizeof *sizes };

static double *numbers(size_t n, double scale) {
    double *x = malloc((n + 1) * sizeof *x);
    unsigned seed = 7;
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1103515245 + 12345;
        x[i] = scale * (double)(seed >> 8);
    }
    return x;
}

static void whole_numbers_are_summed_exactly(void **state) {
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        double *x = numbers(sizes[s], 1), got = -1;
        uint64_t want = 0;
        for (size_t i = 0; i < sizes[s]; i++) want += (uint64_t)x[i];
        assert_int_equal(RTK_OK, rtk_sum(x, sizes[s], 2, &got, NULL));
        assert_true(got == (double)want);
        free(x);
    }
}

static void bits_are_equal_for_any_workers(void **state) {
    static const int64_t workers[] = {2, 3, 7, -1, INT64_MIN};
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        double *x = numbers(sizes[s], 0.1), one = 0, many = 0;
        assert_int_equal(RTK_OK, rtk_sum(x, sizes[s], 1, &one, NULL));
        for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
            assert_int_equal(RTK_OK,
                             rtk_sum(x, sizes[s], workers[w], &many, NULL));
            assert_memory_equal(&one, &many, sizeof one);
        }
        free(x);
    }
}

static void the_error_is_that_of_pairwise_summation(void **state) {
    size_t n = sizes[SIZES - 1];
    double *x = numbers(n, 0.1), got = 0;
    long double want = 0;
    (void)state;
    for (size_t i = 0; i < n; i++) want += x[i];
    assert_int_equal(RTK_OK, rtk_sum(x, n, 2, &got, NULL));
    assert_true(fabsl(got - want) <= 4e-15L * want);
    free(x);
}

static void a_nan_is_not_lost(void **state) {
    double *x = numbers(100003, 1), got = 0;
    (void)state;
    x[77777] = NAN;
    assert_int_equal(RTK_OK, rtk_sum(x, 100003, 2, &got, NULL));
    assert_true(isnan(got));
    free(x);
}

static void no_elements_sum_to_zero(void **state) {
    double got = 5;
    (void)state;
    assert_int_equal(RTK_OK, rtk_sum(NULL, 0, 4, &got, NULL));
    assert_true(got == 0);
}

static void zero_workers_are_refused(void **state) {
    double x = 1, got = 5;
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_sum(&x, 1, 0, &got, NULL));
    assert_true(got == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_summed_exactly),
        cmocka_unit_test(bits_are_equal_for_any_workers),
        cmocka_unit_test(the_error_is_that_of_pairwise_summation),
        cmocka_unit_test(a_nan_is_not_lost),
        cmocka_unit_test(no_elements_sum_to_zero),
        cmocka_unit_test(zero_workers_are_refused),
    };
    return RTK_RUN(tests);
}
