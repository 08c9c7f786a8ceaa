#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <math.h>

#include "stress/binomial.h"

static void near(double got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", got, expected);
}

/* The same by exact whole numbers: n over k as a product. */
static double summed(uint64_t k, uint64_t n, double p) {
    double sum = 0;
    for (uint64_t i = 0; i <= k; i++) {
        double ways = 1;
        for (uint64_t j = 0; j < i; j++)
            ways = ways * (double)(n - j) / (double)(j + 1);
        sum += ways * pow(p, (double)i) * pow(1 - p, (double)(n - i));
    }
    return sum;
}

static void the_probability_is_that_of_the_plain_sum(void **state) {
    static const double rates[] = {1e-6, 0.05, 0.3, 0.5, 0.77, 0.999};
    (void)state;
    for (uint64_t n = 1; n <= 40; n += 3)
        for (uint64_t k = 0; k < n; k++)
            for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
                near(rtk_binomial_cdf(k, n, rates[i]), summed(k, n, rates[i]),
                     1e-12);
    near(rtk_binomial_cdf(5, 5, 0.9), 1, 0);
    near(rtk_binomial_cdf(3, 5, 1), 0, 0);
    near(rtk_binomial_cdf(0, 5, 0), 1, 0);
}

/* k = n and k = 0 have closed forms. */
static void all_and_none_have_the_closed_forms(void **state) {
    (void)state;
    for (uint64_t n = 1; n < 2000; n = n * 3 + 1) {
        near(rtk_binomial_low(n, n, 0.95), pow(0.05, 1.0 / (double)n), 1e-12);
        near(rtk_binomial_high(0, n, 0.95), 1 - pow(0.05, 1.0 / (double)n),
             1e-12);
        near(rtk_binomial_low(0, n, 0.95), 0, 0);
        near(rtk_binomial_high(n, n, 0.95), 1, 0);
    }
    near(rtk_binomial_low(0, 0, 0.95), 0, 0);
    near(rtk_binomial_high(0, 0, 0.95), 1, 0);
}

/* Two-sided 95 % limits of published tables: one-sided 97.5 % each. */
static void the_bounds_are_those_of_the_tables(void **state) {
    (void)state;
    near(rtk_binomial_low(20, 20, 0.95), 0.8609, 5e-5);
    near(rtk_binomial_low(1, 10, 0.975), 0.0025, 5e-5);
    near(rtk_binomial_high(1, 10, 0.975), 0.4450, 5e-5);
    near(rtk_binomial_low(5, 10, 0.975), 0.1871, 5e-5);
    near(rtk_binomial_high(5, 10, 0.975), 0.8129, 5e-5);
    near(rtk_binomial_low(19, 20, 0.975), 0.7513, 5e-5);
    near(rtk_binomial_high(19, 20, 0.975), 0.9987, 5e-5);
}

static void at_a_bound_the_tail_is_what_was_asked_for(void **state) {
    static const uint64_t sizes[] = {7, 20, 300, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (uint64_t n = sizes[i], k = 1; k < n; k = k * 5 + 2) {
            double low = rtk_binomial_low(k, n, 0.95);
            double high = rtk_binomial_high(k, n, 0.95);
            near(1 - rtk_binomial_cdf(k - 1, n, low), 0.05, 1e-9);
            near(rtk_binomial_cdf(k, n, high), 0.05, 1e-9);
            /* Failures are successes looked at from the other side. */
            near(rtk_binomial_low(n - k, n, 0.95), 1 - high, 1e-9);
        }
}

static void ranks_round_the_median_are_those_of_the_tables(void **state) {
    static const struct {
        uint64_t n, low, high;
        double covered;
        bool enough;
    } table[] = {{0, 0, 0, 0, false},       {1, 1, 1, 0, false},
                 {5, 1, 5, 0.9375, false},  {6, 1, 6, 0.96875, true},
                 {10, 2, 9, 0.9785, true},  {20, 6, 15, 0.9586, true},
                 {30, 10, 21, 0.9572, true}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t low, high;
        double covered;
        bool enough = rtk_median_ranks(table[i].n, 0.95, &low, &high, &covered);
        assert_int_equal(low, table[i].low);
        assert_int_equal(high, table[i].high);
        near(covered, table[i].covered, 5e-5);
        assert_int_equal(enough, table[i].enough);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probability_is_that_of_the_plain_sum),
        cmocka_unit_test(all_and_none_have_the_closed_forms),
        cmocka_unit_test(the_bounds_are_those_of_the_tables),
        cmocka_unit_test(at_a_bound_the_tail_is_what_was_asked_for),
        cmocka_unit_test(ranks_round_the_median_are_those_of_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
