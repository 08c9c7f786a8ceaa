/* Points within a radius, counts and pairs, against all points. */
#include "kernels/spatial/test/kdtree_brute.h"

static const double powers[] = {1, 2, INFINITY, 3};
enum { POWERS = sizeof powers / sizeof *powers };

static void clean(brute *b) {
    free(b->x);
    free(b->q);
}

static int upwards(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* A row against all points. `sharp`: radii are met exactly, else no distance
 * is near one. */
static void compare_row(const brute *b, size_t i, double r,
                        const rtk_kdtree_found *f, rtk_kdtree_order order) {
    brute_hit *all = brute_sorted(b, i);
    size_t n = f->start[i + 1] - f->start[i], want = 0;
    const int64_t *got = f->index + f->start[i];
    while (want < b->n && all[want].distance <= r) want++;
    assert_int_equal(n, want);
    int64_t *a = malloc((n + 1) * sizeof *a), *c = malloc((n + 1) * sizeof *c);
    for (size_t j = 0; j < n; j++) {
        a[j] = got[j];
        c[j] = all[j].id;
        if (order == RTK_KDTREE_BY_DISTANCE) assert_int_equal(a[j], c[j]);
        if (j && order == RTK_KDTREE_BY_INDEX) assert_true(got[j - 1] < got[j]);
        if (!f->distances) continue;
        double truth = (double)brute_distance(b, b->q + i * b->d,
                                              b->x + (size_t)got[j] * b->d);
        double d = brute_at(b, f->distances, f->start[i] + j);
        assert_true(fabs(d - truth) <= brute_tolerance(b) * truth);
        assert_true(d <= r);
    }
    qsort(a, n, sizeof *a, upwards);
    qsort(c, n, sizeof *c, upwards);
    if (n) assert_memory_equal(a, c, n * sizeof *a);
    free(a);
    free(c);
    free(all);
}

static void try(const brute *b, rtk_kdtree_split split, const double *radii,
                size_t n_radii, rtk_kdtree_order order) {
    rtk_kdtree *t = brute_tree(b, split, order + 3);
    void *q = brute_typed(b, b->q, b->m * b->d);
    rtk_array queries = brute_array(b, q, b->m);
    rtk_kdtree_search how = {.size = sizeof how, .p = b->p};
    rtk_kdtree_ball ball = {.size = sizeof ball,
                            .radii = radii,
                            .n_radii = n_radii,
                            .order = order,
                            .distances = order != RTK_KDTREE_AS_FOUND};
    rtk_kdtree_found f = {0};
    int64_t *counts = malloc((b->m + 1) * sizeof *counts);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_within(t, &queries, &ball, &how, 2, &f, NULL));
    assert_int_equal(
        RTK_OK, rtk_kdtree_count(t, &queries, &ball, &how, 2, counts, NULL));
    assert_int_equal(f.rows, b->m);
    for (size_t i = 0; i < b->m; i++) {
        compare_row(b, i, radii[n_radii == 1 ? 0 : i], &f, order);
        assert_int_equal(counts[i], f.start[i + 1] - f.start[i]);
    }
    rtk_kdtree_found_free(&f);
    free(counts);
    free(q);
    rtk_kdtree_free(t);
}

static void none_is_missing_and_none_is_too_far(void **state) {
    static const double radii[] = {0, 0.2, 0.5, 1.1, INFINITY};
    (void)state;
    for (size_t d = 1; d <= 30; d += d < 5 ? 1 : 5)
        for (size_t p = 0; p < POWERS; p++)
            for (size_t r = 0; r < sizeof radii / sizeof *radii; r++) {
                brute b = {.n = 150, .d = d, .m = 7, .p = powers[p]};
                b.narrow = r % 2;
                b.x = brute_numbers(b.n * d, 0, b.narrow, d);
                b.q = brute_numbers(b.m * d, 0, b.narrow, d + 50);
                try(&b, (rtk_kdtree_split)(p % 2), &radii[r], 1,
                    (rtk_kdtree_order)((p + r) % 3));
                clean(&b);
            }
}

/* On a lattice radii are met exactly, and a root of a whole number is one, too:
 * "within" is what the distance says. */
static void a_point_at_the_radius_is_within_it(void **state) {
    (void)state;
    for (int narrow = 0; narrow < 2; narrow++)
        for (unsigned square = 0; square < 13; square++) {
            brute b = {.n = 300, .d = 3, .m = 20, .p = 2, .narrow = narrow};
            double r = narrow ? (double)sqrtf((float)square) : sqrt(square);
            b.x = brute_numbers(b.n * 3, 5, b.narrow, square);
            b.q = brute_numbers(b.m * 3, 5, b.narrow, square + 1);
            rtk_kdtree *t = brute_tree(&b, RTK_KDTREE_MEDIAN, 0);
            void *q = brute_typed(&b, b.q, b.m * 3);
            rtk_array queries = brute_array(&b, q, b.m);
            rtk_kdtree_ball ball = {
                .size = sizeof ball, .radii = &r, .n_radii = 1};
            int64_t counts[20];
            assert_int_equal(RTK_OK, rtk_kdtree_count(t, &queries, &ball, NULL,
                                                      1, counts, NULL));
            for (size_t i = 0; i < b.m; i++) {
                int64_t want = 0;
                for (size_t j = 0; j < b.n; j++) {
                    double sum = 0;
                    for (size_t c = 0; c < 3; c++)
                        sum += pow(b.q[3 * i + c] - b.x[3 * j + c], 2);
                    want += sum <= square;
                }
                assert_int_equal(counts[i], want);
            }
            free(q);
            rtk_kdtree_free(t);
            clean(&b);
        }
}

static void each_query_may_have_a_radius_of_its_own(void **state) {
    static const double period[] = {4, 0};
    double radii[90];
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        brute b = {.n = 500, .d = 2, .m = 90, .p = powers[p], .period = period};
        b.x = brute_numbers(b.n * 2, 4, false, 5);
        b.q = brute_numbers(b.m * 2, 16, false, 6);
        for (size_t i = 0; i < b.m; i++) radii[i] = (double)(i % 4);
        if (powers[p] == 2) /* no root but whole ones */
            for (size_t i = 0; i < b.m; i++) radii[i] += 1e-3;
        try(&b, RTK_KDTREE_MIDPOINT, radii, b.m, RTK_KDTREE_BY_DISTANCE);
        clean(&b);
    }
}

/* Pairs of two trees, and of one with itself. */
static void pairs_are_those_of_all_points(void **state) {
    enum { N = 700, M = 300, D = 2 };
    static const double radii[] = {0.05, 0.0, 0.3, 2};
    (void)state;
    brute a = {.n = N, .d = D, .m = M, .p = 2};
    a.x = brute_numbers((size_t)N * D, 0, false, 1);
    a.q = brute_numbers((size_t)M * D, 0, false, 2);
    brute c = {.n = M, .d = D, .p = 2, .x = a.q};
    rtk_kdtree *t = brute_tree(&a, RTK_KDTREE_MEDIAN, 0);
    rtk_kdtree *around = brute_tree(&c, RTK_KDTREE_MEDIAN, 0);
    rtk_kdtree_ball ball = {.size = sizeof ball,
                            .radii = radii,
                            .n_radii = 1,
                            .order = RTK_KDTREE_BY_INDEX};
    rtk_kdtree_found f = {0};
    assert_int_equal(
        RTK_OK, rtk_kdtree_pairs(t, around, &ball, false, NULL, 2, &f, NULL));
    assert_int_equal(f.rows, M);
    for (size_t i = 0; i < M; i++)
        compare_row(&a, i, radii[0], &f, RTK_KDTREE_BY_INDEX);
    size_t among = f.start[M];
    rtk_kdtree_found_free(&f);

    int64_t counts[4];
    ball.n_radii = 4;
    assert_int_equal(RTK_OK, rtk_kdtree_count_pairs(t, around, &ball, NULL, 2,
                                                    counts, NULL));
    assert_int_equal(counts[0], among);
    assert_int_equal(counts[1], 0);
    assert_true(counts[2] > counts[0]);
    assert_int_equal(counts[3], N * M);

    ball.n_radii = 1;
    assert_int_equal(RTK_OK,
                     rtk_kdtree_pairs(t, t, &ball, true, NULL, 2, &f, NULL));
    size_t want = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++)
            want += brute_distance(&a, a.x + i * D, a.x + j * D) <=
                    (long double)radii[0];
    assert_int_equal(f.start[N], want);
    for (size_t i = 0; i < N; i++)
        for (size_t h = f.start[i]; h < f.start[i + 1]; h++)
            assert_true(f.index[h] > (int64_t)i);
    rtk_kdtree_found_free(&f);
    rtk_kdtree_free(t);
    rtk_kdtree_free(around);
    clean(&a);
}

static void bits_are_equal_for_any_workers(void **state) {
    enum { N = 20000, M = 1000 };
    (void)state;
    brute b = {.n = N, .d = 3, .m = M, .p = 2};
    double r = 0.06;
    b.x = brute_numbers((size_t)N * 3, 0, false, 1);
    b.q = brute_numbers((size_t)M * 3, 0, false, 2);
    rtk_array queries = brute_array(&b, b.q, M);
    rtk_kdtree *t = brute_tree(&b, RTK_KDTREE_MEDIAN, 0);
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = &r, .n_radii = 1};
    rtk_kdtree_found one = {0}, many = {0};
    assert_int_equal(
        RTK_OK, rtk_kdtree_within(t, &queries, &ball, NULL, 1, &one, NULL));
    for (int64_t w = 2; w < 5; w++) {
        assert_int_equal(RTK_OK, rtk_kdtree_within(t, &queries, &ball, NULL, w,
                                                   &many, NULL));
        assert_memory_equal(one.start, many.start, (M + 1) * sizeof *one.start);
        assert_memory_equal(one.index, many.index, one.start[M] * 8);
        rtk_kdtree_found_free(&many);
    }
    assert_true(one.start[M] > M);
    rtk_kdtree_found_free(&one);
    rtk_kdtree_free(t);
    clean(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_missing_and_none_is_too_far),
        cmocka_unit_test(a_point_at_the_radius_is_within_it),
        cmocka_unit_test(each_query_may_have_a_radius_of_its_own),
        cmocka_unit_test(pairs_are_those_of_all_points),
        cmocka_unit_test(bits_are_equal_for_any_workers),
    };
    return RTK_RUN(tests);
}
