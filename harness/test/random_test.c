#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>

#include "harness/random.h"

static void a_value_depends_on_seed_and_index_alone(void **state) {
    (void)state;
    uint64_t forwards[8];
    for (uint64_t i = 0; i < 8; i++) forwards[i] = rtk_random_bits(7, i);
    for (uint64_t i = 8; i-- > 0;)
        assert_true(rtk_random_bits(7, i) == forwards[i]);
    assert_true(rtk_random_bits(8, 0) != forwards[0]);
    assert_true(rtk_random_bits(7, 1) != forwards[0]);
}

static void uniform_numbers_stay_in_their_range_with_their_mean(void **state) {
    (void)state;
    double sum = 0;
    const unsigned draws = 100000;
    for (uint64_t i = 0; i < draws; i++) {
        double x = rtk_random_uniform(3, i);
        assert_true(x >= 0.5 && x < 1.5);
        sum += x;
    }
    /* The standard error of the mean is 0.0009. */
    assert_true(sum / draws > 0.995 && sum / draws < 1.005);
}

static void consecutive_seeds_share_no_stream(void **state) {
    (void)state;
    unsigned equal = 0;
    for (uint64_t i = 0; i < 64; i++)
        for (uint64_t j = 0; j < 64; j++)
            equal += rtk_random_bits(1, i) == rtk_random_bits(2, j);
    assert_int_equal(equal, 0);
}

static void below_reaches_every_value_and_no_other(void **state) {
    (void)state;
    unsigned seen[5] = {0};
    for (uint64_t i = 0; i < 1000; i++) seen[rtk_random_below(9, i, 5)]++;
    for (int k = 0; k < 5; k++) assert_true(seen[k] > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_depends_on_seed_and_index_alone),
        cmocka_unit_test(uniform_numbers_stay_in_their_range_with_their_mean),
        cmocka_unit_test(consecutive_seeds_share_no_stream),
        cmocka_unit_test(below_reaches_every_value_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
