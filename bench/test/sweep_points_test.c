#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "bench/sweep_points.h"
#include "kernels/workers/workers.h"

static rtk_point points[RTK_POINTS_MAX];

static size_t chosen(const rtk_axes *axes, unsigned cpus, bool blas) {
    size_t n = 0;
    assert_int_equal(rtk_points_choose(axes, cpus, blas, points, &n), RTK_OK);
    return n;
}

static void point_is(size_t i, unsigned workers, unsigned blas, bool over) {
    assert_int_equal(points[i].workers, workers);
    assert_int_equal(points[i].blas, blas);
    assert_int_equal(points[i].oversubscribed, over);
}

static void two_cpus_without_blas(void **state) {
    (void)state;
    rtk_axes any = {0};
    assert_int_equal(chosen(&any, 2, false), 3);
    point_is(0, 1, 0, false);
    point_is(1, 2, 0, false);
    point_is(2, 4, 0, true);
}

static void two_cpus_with_blas(void **state) {
    (void)state;
    rtk_axes any = {0};
    assert_int_equal(chosen(&any, 2, true), 5);
    point_is(0, 1, 1, false);
    point_is(1, 2, 1, false);
    point_is(2, 4, 1, true);
    point_is(3, 1, 2, false);
    point_is(4, 2, 2, true);
}

static void one_cpu(void **state) {
    (void)state;
    rtk_axes any = {0};
    assert_int_equal(chosen(&any, 1, true), 2);
    point_is(0, 1, 1, false);
    point_is(1, 2, 1, true);
}

static void every_count_marks_exactly_what_does_not_fit(void **state) {
    (void)state;
    rtk_axes any = {0};
    for (unsigned cpus = 1; cpus <= 300; cpus++) {
        size_t n = chosen(&any, cpus, true), over = 0;
        bool all = false;
        for (size_t i = 0; i < n; i++) {
            bool fits = points[i].workers * points[i].blas <= cpus;
            assert_int_equal(points[i].oversubscribed, !fits);
            over += !fits;
            all |= points[i].workers == cpus && points[i].blas == 1;
            for (size_t k = 0; k < i; k++)
                assert_false(points[k].workers == points[i].workers &&
                             points[k].blas == points[i].blas);
        }
        assert_true(all);
        assert_int_equal(over, cpus > 1 ? 2 : 1);
    }
}

static void axes_that_are_given_are_crossed(void **state) {
    (void)state;
    rtk_axes both = {
        .n_workers = 2, .workers = {3, 1}, .n_blas = 3, .blas = {1, 4, 4}};
    assert_int_equal(chosen(&both, 2, true), 4);
    point_is(0, 1, 1, false);
    point_is(1, 3, 1, true);
    point_is(2, 1, 4, true);
    point_is(3, 3, 4, true);
    /* Where the subject has no BLAS threads, they are no axis. */
    assert_int_equal(chosen(&both, 2, false), 2);
    point_is(1, 3, 0, true);
}

static void the_grammar_of_workers_holds(void **state) {
    (void)state;
    rtk_axes all = {.n_workers = 1, .workers = {-1}};
    assert_int_equal(chosen(&all, rtk_cpus_usable(), false), 1);
    point_is(0, rtk_cpus_usable(), 0, false);
}

static void what_is_no_count_is_refused(void **state) {
    (void)state;
    size_t n = 77;
    const rtk_axes wrong[] = {
        {.n_workers = 1, .workers = {0}},
        {.n_workers = 1, .workers = {-100000}},
        {.n_blas = 1, .blas = {0}},
        {.n_blas = 1, .blas = {-1}},
        {.n_workers = RTK_AXIS_MAX + 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(rtk_points_choose(&wrong[i], 2, true, points, &n),
                         RTK_EINVAL);
    assert_int_equal(n, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cpus_without_blas),
        cmocka_unit_test(two_cpus_with_blas),
        cmocka_unit_test(one_cpu),
        cmocka_unit_test(every_count_marks_exactly_what_does_not_fit),
        cmocka_unit_test(axes_that_are_given_are_crossed),
        cmocka_unit_test(the_grammar_of_workers_holds),
        cmocka_unit_test(what_is_no_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
