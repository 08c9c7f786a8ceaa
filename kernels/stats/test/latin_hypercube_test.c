/* Latin hypercubes: what makes them such, of both strengths, equal bits for any
 * workers, and what is refused. */

#include "kernels/workers/test/unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/stats/latin_hypercube.h"

enum { MOST = 40 * 169 };

static void draw(double *x, size_t n, size_t d, int centred, unsigned strength,
                 uint64_t seed, int64_t workers) {
    rtk_latin_options o = {sizeof o, centred, strength, seed};
    assert_int_equal(RTK_OK, rtk_latin_hypercube(x, n, d, &o, workers, NULL));
}

/* Of n points one in each of as many boxes: `high` intervals of column `other`
 * in each of n / high of column `one`. */
static void assert_stratified(const double *x, size_t n, size_t d, size_t one,
                              size_t other, size_t high) {
    unsigned char seen[MOST] = {0};
    size_t wide = n / high;
    for (size_t i = 0; i < n; i++) {
        double u = x[i * d + one], v = x[i * d + other];
        assert_true(u >= 0 && u < 1 && v >= 0 && v < 1);
        size_t box =
            (size_t)(u * (double)wide) * high + (size_t)(v * (double)high);
        assert_int_equal(0, seen[box]++);
    }
}

static void each_interval_has_one_point(void **state) {
    static const size_t lengths[] = {1, 2, 10, 97, 169};
    double x[MOST];
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (int centred = 0; centred < 2; centred++) {
            size_t n = lengths[l];
            draw(x, n, 7, centred, 1, 3, 1);
            for (size_t k = 0; k < 7; k++) assert_stratified(x, n, 7, k, k, n);
            for (size_t i = 0; centred && i < n * 7; i++) {
                double at = x[i] * (double)n - 0.5;
                assert_true(at - (double)(long)(at + 0.25) < 1e-12);
            }
        }
}

static void each_square_of_each_pair_has_one_point(void **state) {
    static const size_t primes[] = {2, 3, 5, 13};
    double x[MOST];
    (void)state;
    for (size_t l = 0; l < sizeof primes / sizeof *primes; l++) {
        size_t p = primes[l], n = p * p, d = p + 1;
        draw(x, n, d, 0, 2, l, 2);
        for (size_t k = 0; k < d; k++) {
            assert_stratified(x, n, d, k, k, n);
            for (size_t j = 0; j < k; j++) assert_stratified(x, n, d, j, k, p);
        }
    }
}

/* Of all 6 orders of 3 intervals about as many: 600 draws, 100 each expected,
 * whose spread is 9. */
static void all_orders_are_drawn(void **state) {
    unsigned times[27] = {0}, orders = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 600; seed++) {
        double x[3];
        draw(x, 3, 1, 1, 1, seed, 1);
        size_t order = (size_t)(x[0] * 3) * 9 + (size_t)(x[1] * 3) * 3 +
                       (size_t)(x[2] * 3);
        times[order]++;
    }
    for (size_t i = 0; i < 27; i++) {
        orders += times[i] > 0;
        if (times[i]) assert_in_range(times[i], 55, 145);
    }
    assert_int_equal(6, orders);
}

static void bits_do_not_depend_on_workers(void **state) {
    static const int64_t workers[] = {2, 3, 8, 3000};
    double one[MOST], other[MOST];
    (void)state;
    for (unsigned strength = 1; strength < 3; strength++) {
        draw(one, 169, 14, 0, strength, 1, 1);
        for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
            memset(other, 0, sizeof other);
            draw(other, 169, 14, 0, strength, 1, workers[w]);
            assert_memory_equal(one, other, (size_t)169 * 14 * sizeof *one);
        }
        draw(other, 169, 14, 0, strength, 2, 1);
        assert_memory_not_equal(one, other, (size_t)169 * 14 * sizeof *one);
    }
}

static void what_makes_no_sense_is_refused(void **state) {
    static const struct {
        size_t n, d;
        unsigned strength;
    } bad[] = {{0, 1, 1},        {1, 0, 1}, {8, 2, 2},
               {16, 2, 2},       {9, 5, 2}, {4, 1, 3},
               {SIZE_MAX, 2, 1}, {1, 2, 2}, {(size_t)1 << 31, SIZE_MAX / 8, 1}};
    double x = 42;
    rtk_latin_options o = {.size = sizeof o};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o.strength = bad[i].strength;
        assert_int_equal(RTK_EINVAL, rtk_latin_hypercube(&x, bad[i].n, bad[i].d,
                                                         &o, 1, NULL));
    }
    o = (rtk_latin_options){.size = 1};
    assert_int_equal(RTK_EINVAL, rtk_latin_hypercube(&x, 1, 1, &o, 1, NULL));
    assert_int_equal(RTK_EINVAL, rtk_latin_hypercube(&x, 1, 1, NULL, 0, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_latin_hypercube(NULL, 1, 1, NULL, 1, NULL));
    assert_true(x == 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_interval_has_one_point),
        cmocka_unit_test(each_square_of_each_pair_has_one_point),
        cmocka_unit_test(all_orders_are_drawn),
        cmocka_unit_test(bits_do_not_depend_on_workers),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
