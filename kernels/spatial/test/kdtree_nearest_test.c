/* The nearest points, against all points. */
#include "kernels/spatial/test/kdtree_brute.h"

static void clean(brute *b) {
    free(b->x);
    free(b->q);
}

/* Distances to rounding, and no index with a wrong one; ties by the rule when
 * `exact`. */
static void compare(const brute *b, size_t k, double bound, const void *dist,
                    const int64_t *id, bool exact) {
    double close = brute_tolerance(b);
    for (size_t i = 0; i < b->m; i++) {
        brute_hit *want = brute_sorted(b, i);
        for (size_t j = 0; j < k; j++) {
            double got = brute_at(b, dist, i * k + j);
            int64_t at = id[i * k + j];
            if (j >= b->n || !(want[j].distance < bound)) {
                assert_int_equal(at, b->n);
                assert_true(isinf(got));
                continue;
            }
            assert_in_range(at, 0, b->n - 1);
            if (exact) assert_int_equal(at, want[j].id);
            double truth = (double)brute_distance(b, b->q + i * b->d,
                                                  b->x + (size_t)at * b->d);
            assert_true(fabs(got - truth) <= close * truth);
            assert_true(fabs(got - want[j].distance) <= close * truth);
        }
        free(want);
    }
}

static void try(const brute *b, rtk_kdtree_split split, size_t leaf, size_t k,
                double bound, bool exact) {
    rtk_kdtree *t = brute_tree(b, split, leaf);
    void *q = brute_typed(b, b->q, b->m * b->d);
    double *dist = malloc((b->m * k + 1) * sizeof *dist);
    int64_t *id = malloc((b->m * k + 1) * sizeof *id);
    rtk_array queries = brute_array(b, q, b->m);
    rtk_kdtree_search how = {.size = sizeof how, .p = b->p, .bound = bound};
    assert_int_equal(
        RTK_OK, rtk_kdtree_nearest(t, &queries, k, &how, 2, dist, id, NULL));
    compare(b, k, bound > 0 ? bound : INFINITY, dist, id, exact);
    free(dist);
    free(id);
    free(q);
    rtk_kdtree_free(t);
}

static const double powers[] = {1, 2, INFINITY, 3, 1.5};
enum { POWERS = sizeof powers / sizeof *powers };

static void all_dimensions_and_powers_agree_with_all_points(void **state) {
    (void)state;
    for (size_t d = 1; d <= 30; d++)
        for (size_t p = 0; p < POWERS; p++) {
            brute b = {.n = 150, .d = d, .m = 9, .p = powers[p]};
            b.narrow = (d + p) % 2;
            b.x = brute_numbers(b.n * d, 0, b.narrow, 7 * d + p);
            b.q = brute_numbers(b.m * d, 0, b.narrow, 900 + d);
            try(&b, (d + p) % 3 ? RTK_KDTREE_MEDIAN : RTK_KDTREE_MIDPOINT,
                1 + 3 * p, d % 2 ? 1 : 5, 0, false);
            clean(&b);
        }
}

/* On whole numbers all is exact but the root, and half of the points are as far
 * as another. */
static void of_points_equally_far_the_lower_index_is_first(void **state) {
    (void)state;
    for (size_t p = 0; p < 3; p++)
        for (size_t d = 1; d <= 4; d++)
            for (int s = 0; s < 4; s++) {
                brute b = {.n = 400, .d = d, .m = 30, .p = powers[p]};
                b.narrow = s / 2;
                b.x = brute_numbers(b.n * d, 4, b.narrow, d);
                b.q = brute_numbers(b.m * d, 4, b.narrow, d + 77);
                try(&b, s % 2 ? RTK_KDTREE_MIDPOINT : RTK_KDTREE_MEDIAN,
                    1 + 4 * (size_t)s, 12, s ? 0 : 2, true);
                clean(&b);
            }
}

static void in_a_period_the_way_round_counts(void **state) {
    static const double period[] = {5, 0, 7, 3};
    (void)state;
    for (size_t p = 0; p < POWERS; p++)
        for (size_t d = 1; d <= 4; d++) {
            brute b = {.n = 200,
                       .d = d,
                       .m = 40,
                       .p = powers[p],
                       .period = period,
                       .narrow = d % 2};
            b.x = brute_numbers(b.n * d, 3, b.narrow, d);
            b.q = brute_numbers(b.m * d, 20, b.narrow, d + 5);
            for (size_t i = 0; i < b.m * d; i++) b.q[i] -= 8;
            try(&b, RTK_KDTREE_MEDIAN, 4, 7, 0, p < 3);
            clean(&b);
        }
}

static void many_neighbours_are_sorted_and_missing_ones_are_n(void **state) {
    (void)state;
    brute b = {.n = 60, .d = 2, .m = 5, .p = 2};
    b.x = brute_numbers(b.n * 2, 0, false, 3);
    b.q = brute_numbers(b.m * 2, 0, false, 4);
    try(&b, RTK_KDTREE_MEDIAN, 8, 50, 0, true);
    try(&b, RTK_KDTREE_MEDIAN, 8, 70, 0, true);
    try(&b, RTK_KDTREE_MEDIAN, 8, 70, 0.3, true);
    b.n = 1;
    try(&b, RTK_KDTREE_MEDIAN, 8, 2, 0, true);
    b.n = 0;
    try(&b, RTK_KDTREE_MEDIAN, 8, 2, 0, true);
    clean(&b);
}

/* Bits of answers over all workers, splits and leaf sizes. */
static void the_answer_is_the_same_however_it_is_come_by(void **state) {
    enum { N = 30000, M = 3000, K = 3, D = 3 };
    static const int64_t workers[] = {1, 2, 5, -1};
    static const size_t leaf[] = {16, 1, 40};
    (void)state;
    brute b = {.n = N, .d = D, .m = M, .p = 2};
    b.x = brute_numbers((size_t)N * D, 30, false, 1);
    b.q = brute_numbers((size_t)M * D, 60, false, 2);
    size_t bytes = (size_t)M * K * sizeof(double);
    double *first = malloc(bytes), *dist = malloc(bytes);
    int64_t *one = malloc(bytes), *id = malloc(bytes);
    rtk_array queries = brute_array(&b, b.q, M);
    for (size_t i = 0; i < 12; i++) {
        rtk_kdtree *t = brute_tree(&b, (rtk_kdtree_split)(i % 2), leaf[i / 4]);
        assert_int_equal(
            RTK_OK, rtk_kdtree_nearest(t, &queries, K, NULL, workers[i % 4],
                                       i ? dist : first, i ? id : one, NULL));
        rtk_kdtree_free(t);
        if (!i) continue;
        assert_memory_equal(dist, first, bytes);
        assert_memory_equal(id, one, bytes);
    }
    free(first);
    free(dist);
    free(one);
    free(id);
    clean(&b);
}

static void the_approximate_are_at_most_as_much_farther(void **state) {
    enum { N = 3000, M = 200, D = 4 };
    (void)state;
    brute b = {.n = N, .d = D, .m = M, .p = 2};
    b.x = brute_numbers((size_t)N * D, 0, false, 1);
    b.q = brute_numbers((size_t)M * D, 0, false, 2);
    rtk_kdtree *t = brute_tree(&b, RTK_KDTREE_MEDIAN, 0);
    double dist[M], rough[M];
    int64_t id[M];
    bool other = false;
    rtk_array queries = brute_array(&b, b.q, M);
    rtk_kdtree_search how = {.size = sizeof how, .eps = 0.5};
    assert_int_equal(
        RTK_OK, rtk_kdtree_nearest(t, &queries, 1, NULL, 1, dist, id, NULL));
    assert_int_equal(
        RTK_OK, rtk_kdtree_nearest(t, &queries, 1, &how, 1, rough, id, NULL));
    for (size_t i = 0; i < M; i++) {
        assert_true(rough[i] >= dist[i] && rough[i] <= 1.5 * dist[i]);
        other |= rough[i] > dist[i];
    }
    assert_true(other);
    rtk_kdtree_free(t);
    clean(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_dimensions_and_powers_agree_with_all_points),
        cmocka_unit_test(of_points_equally_far_the_lower_index_is_first),
        cmocka_unit_test(in_a_period_the_way_round_counts),
        cmocka_unit_test(many_neighbours_are_sorted_and_missing_ones_are_n),
        cmocka_unit_test(the_answer_is_the_same_however_it_is_come_by),
        cmocka_unit_test(the_approximate_are_at_most_as_much_farther),
    };
    return RTK_RUN(tests);
}
