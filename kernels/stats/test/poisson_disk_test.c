/* Poisson disk sets: distances of all pairs, places that are left, how many
 * points there are against SciPy and random packings, and equal bits. */

#include "kernels/workers/test/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/counter_random.h"
#include "kernels/stats/poisson_disk.h"
#include "kernels/test/expected.h"

static rtk_poisson_disk *draw(size_t d, double radius, uint64_t seed,
                              int64_t workers) {
    rtk_poisson_disk_options o = {.size = sizeof o,
                                  .dimensions = d,
                                  .radius = radius,
                                  .seed = seed,
                                  .workers = workers};
    rtk_poisson_disk *set = NULL;
    assert_int_equal(RTK_OK, rtk_poisson_disk_new(&set, &o));
    return set;
}

static double square(const double *x, const double *y, size_t d) {
    double sum = 0;
    for (size_t a = 0; a < d; a++) sum += (x[a] - y[a]) * (x[a] - y[a]);
    return sum;
}

/* Of x to the nearest of n points, leaving out number `but`. */
static double nearest(const double *points, size_t n, size_t d, size_t but,
                      const double *x) {
    double least = INFINITY;
    for (size_t i = 0; i < n; i++)
        if (i != but) least = fmin(least, square(points + i * d, x, d));
    return sqrt(least);
}

static const struct {
    size_t d;
    double radius;
} cases[] = {{1, 0.5},  {1, 0.01}, {1, 3},   {2, 0.02}, {2, 0.3},
             {2, 1},    {2, 9},    {3, 0.1}, {3, 0.6},  {4, 0.25},
             {4, 0.45}, {5, 0.5},  {6, 0.8}, {6, 2.5}};
enum { CASES = sizeof cases / sizeof *cases };

static void no_two_points_are_nearer_than_the_radius(void **state) {
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t d = cases[c].d;
        rtk_poisson_disk *set = draw(d, cases[c].radius, c, 1);
        const double *x = rtk_poisson_disk_points(set);
        size_t n = rtk_poisson_disk_count(set);
        assert_true(n >= 1);
        for (size_t i = 0; i < n; i++) {
            assert_true(nearest(x, n, d, i, x + i * d) >=
                        cases[c].radius * (1 - 1e-14));
            for (size_t a = 0; a < d; a++)
                assert_true(x[i * d + a] >= 0 && x[i * d + a] < 1);
        }
        rtk_poisson_disk_free(set);
    }
}

/* Random places, and all corners, which are the last to be covered. */
static void no_place_is_left(void **state) {
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t d = cases[c].d, corners = (size_t)1 << d;
        rtk_poisson_disk *set = draw(d, cases[c].radius, c, 1);
        const double *x = rtk_poisson_disk_points(set);
        size_t n = rtk_poisson_disk_count(set);
        for (size_t p = 0; p < corners + 2000; p++) {
            double at[RTK_POISSON_DISK_DIMENSIONS_MAX];
            for (size_t a = 0; a < d; a++)
                at[a] = p < corners ? (double)(p >> a & 1)
                                    : rtk_random_open(99, p * d + a);
            assert_true(nearest(x, n, d, n, at) <=
                        cases[c].radius * (1 + 1e-5));
        }
        rtk_poisson_disk_free(set);
    }
}

/* On a line the gaps between neighbours say it exactly. */
static void on_a_line_no_gap_takes_another_point(void **state) {
    enum { N = 1000 };
    double radius = 1 / (double)N, x[N + 1], below = -radius;
    rtk_poisson_disk *set = draw(1, radius, 4, 1);
    size_t n = rtk_poisson_disk_count(set);
    (void)state;
    assert_true(n <= N);
    memcpy(x, rtk_poisson_disk_points(set), n * sizeof *x);
    x[n] = 1 + radius;
    for (size_t i = 0; i < n; i++) /* by insertion */
        for (size_t j = i; j > 0 && x[j - 1] > x[j]; j--) {
            double other = x[j];
            x[j] = x[j - 1];
            x[j - 1] = other;
        }
    for (size_t i = 0; i <= n; i++) {
        assert_true(x[i] - below < 2 * radius * (1 + 1e-5));
        below = x[i];
    }
    rtk_poisson_disk_free(set);
}

/* Cars that park at random take 0.7476 of the street (Renyi 1958), disks that
 * are dropped at random 0.547 of the plane (Feder 1980) and balls 0.38 of space
 * until no more fits in. Ours come in another order, cell by cell. */
static void points_are_as_dense_as_what_is_dropped_at_random(void **state) {
    static const double radius[] = {1e-4, 0.004, 0.03};
    static const double taken[] = {0.7476, 0.547, 0.3841};
    static const double room[] = {0.01, 0.01, 0.04}; /* by the cube's faces */
    static const double ball[] = {1, 0.78539816339744831, 0.52359877559829887};
    (void)state;
    for (size_t d = 1; d <= 3; d++) {
        double r = radius[d - 1];
        rtk_poisson_disk *set = draw(d, r, 7, 1);
        double n = (double)rtk_poisson_disk_count(set);
        double share = n * ball[d - 1] * pow(r / (1 + r), (double)d);
        if (fabs(share / taken[d - 1] - 1) >= room[d - 1])
            print_message("d = %zu: %g of %g\n", d, share, taken[d - 1]);
        assert_true(fabs(share / taken[d - 1] - 1) < room[d - 1]);
        rtk_poisson_disk_free(set);
    }
}

/* SciPy's darts leave gaps, so that it has fewer points: in space by a third.
 */
static void there_are_more_points_than_scipy_has(void **state) {
    json_t *all = rtk_expected_cases("stats/test/expected/poisson_disk"), *of;
    size_t index;
    (void)state;
    json_array_foreach(all, index, of) {
        size_t d = (size_t)rtk_expected_int(of, "d"), runs;
        double *radius = rtk_expected_numbers(of, "radius", NULL);
        double *counts = rtk_expected_numbers(of, "counts", &runs);
        double theirs = 0, ours = 0;
        for (size_t r = 0; r < runs; r++) {
            rtk_poisson_disk *set = draw(d, *radius, r, 1);
            ours += (double)rtk_poisson_disk_count(set);
            theirs += counts[r];
            rtk_poisson_disk_free(set);
        }
        if (ours < theirs || ours > 1.7 * theirs)
            print_message("d = %zu, radius %g: %g against %g\n", d, *radius,
                          ours, theirs);
        assert_true(ours >= theirs && ours <= 1.7 * theirs);
        free(radius), free(counts);
    }
    assert_true(index > 0);
    json_decref(all);
}

static void bits_depend_on_the_seed_not_on_workers(void **state) {
    enum { SETS = 4 };
    static const int64_t workers[SETS] = {1, 2, 5, 1};
    static const uint64_t seeds[SETS] = {3, 3, 3, 4};
    rtk_poisson_disk *set[SETS];
    unsigned effective = 0;
    rtk_poisson_disk_options o = {.size = sizeof o,
                                  .dimensions = 2,
                                  .radius = 0.002,
                                  .workers = 2,
                                  .effective = &effective};
    (void)state;
    for (size_t d = 1; d <= 3; d++) {
        double radius = d == 3 ? 0.06 : d == 2 ? 0.012 : 1e-4;
        for (int i = 0; i < SETS; i++)
            set[i] = draw(d, radius, seeds[i], workers[i]);
        size_t n = rtk_poisson_disk_count(set[0]);
        for (int i = 1; i < SETS; i++) {
            bool same = n == rtk_poisson_disk_count(set[i]) &&
                        !memcmp(rtk_poisson_disk_points(set[0]),
                                rtk_poisson_disk_points(set[i]),
                                n * d * sizeof(double));
            assert_int_equal(seeds[i] == seeds[0], same);
        }
        for (int i = 0; i < SETS; i++) rtk_poisson_disk_free(set[i]);
    }
    assert_int_equal(RTK_OK, rtk_poisson_disk_new(&set[0], &o));
    assert_int_equal(2, effective);
    rtk_poisson_disk_free(set[0]);
}

/* Points of each eighth of the cube, and of the first third of the points. */
static void points_and_their_beginnings_are_spread_evenly(void **state) {
    enum { EIGHTHS = 8 };
    rtk_poisson_disk *set = draw(3, 0.04, 11, 2);
    const double *x = rtk_poisson_disk_points(set);
    size_t n = rtk_poisson_disk_count(set);
    (void)state;
    for (size_t taken = n / 3; taken <= n; taken += n - n / 3) {
        size_t in[EIGHTHS] = {0};
        double even = (double)taken / (double)EIGHTHS;
        for (size_t i = 0; i < taken; i++)
            in[(x[3 * i] >= .5) + 2 * (x[3 * i + 1] >= .5) +
               4 * (x[3 * i + 2] >= .5)]++;
        for (int e = 0; e < EIGHTHS; e++)
            assert_true(fabs((double)in[e] - even) < 5 * sqrt(even));
    }
    rtk_poisson_disk_free(set);
}

static void bad_options_are_refused(void **state) {
    rtk_poisson_disk_options good = {.size = sizeof good,
                                     .dimensions = 2,
                                     .radius = 0.1,
                                     .workers = 1},
                             o;
    static const double radii[] = {0, -1, NAN};
    rtk_poisson_disk *set = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof radii / sizeof *radii; i++) {
        o = good;
        o.radius = radii[i];
        assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(&set, &o));
    }
    for (size_t d = 0; d < 8; d += 7) {
        o = good;
        o.dimensions = d;
        assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(&set, &o));
    }
    o = good;
    o.workers = 0;
    assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(&set, &o));
    o = good;
    o.size = 3;
    assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(&set, &o));
    assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(&set, NULL));
    assert_int_equal(RTK_EINVAL, rtk_poisson_disk_new(NULL, &good));
    o = good;
    o.radius = 1e-9; /* as many cells as there are not bytes of memory */
    assert_int_equal(RTK_ENOMEM, rtk_poisson_disk_new(&set, &o));
    o.radius = 1e-300;
    assert_int_equal(RTK_ENOMEM, rtk_poisson_disk_new(&set, &o));
    assert_null(set);
    rtk_poisson_disk_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_points_are_nearer_than_the_radius),
        cmocka_unit_test(no_place_is_left),
        cmocka_unit_test(on_a_line_no_gap_takes_another_point),
        cmocka_unit_test(points_are_as_dense_as_what_is_dropped_at_random),
        cmocka_unit_test(there_are_more_points_than_scipy_has),
        cmocka_unit_test(bits_depend_on_the_seed_not_on_workers),
        cmocka_unit_test(points_and_their_beginnings_are_spread_evenly),
        cmocka_unit_test(bad_options_are_refused),
    };
    return RTK_RUN(tests);
}
