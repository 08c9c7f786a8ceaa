/* What is refused, and inputs at the edges. */
#include "kernels/spatial/test/kdtree_brute.h"

#include <sys/mman.h>

static rtk_status make(const void *x, size_t n, size_t d, const double *period,
                       rtk_kdtree **t) {
    size_t shape[2] = {n, d};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, (void *)(intptr_t)x);
    rtk_kdtree_options o = {.size = sizeof o, .leaf = 2, .period = period};
    return rtk_kdtree_new(t, &a, &o, 2, NULL);
}

static void what_cannot_be_a_tree_is_refused(void **state) {
    double x[] = {0, 1, 2, 3}, period[] = {-1, 0};
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    rtk_kdtree *t = NULL;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        x[2] = bad[i];
        assert_int_equal(RTK_EINVAL, make(x, 2, 2, NULL, &t));
    }
    x[2] = 2;
    assert_int_equal(RTK_EINVAL, make(x, 2, 2, period, &t));
    period[0] = NAN;
    assert_int_equal(RTK_EINVAL, make(x, 2, 2, period, &t));
    period[0] = 2; /* a point lies at 2 */
    assert_int_equal(RTK_EINVAL, make(x, 2, 2, period, &t));
    assert_int_equal(RTK_EINVAL, make(x, 2, 0, NULL, &t));
    assert_int_equal(RTK_EINVAL,
                     make(x, 0, RTK_KDTREE_DIMENSIONS_MAX + 1, NULL, &t));
    size_t line[1] = {4};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 1, line, x);
    assert_int_equal(RTK_EINVAL, rtk_kdtree_new(&t, &a, NULL, 1, NULL));
    size_t table[2] = {2, 1};
    a = rtk_array_dense(RTK_DOUBLE_COMPLEX, 2, table, x);
    assert_int_equal(RTK_EINVAL, rtk_kdtree_new(&t, &a, NULL, 1, NULL));
    a = rtk_array_dense(RTK_DOUBLE, 2, table, x);
    assert_int_equal(RTK_EINVAL, rtk_kdtree_new(&t, &a, NULL, 0, NULL));
    assert_null(t);
}

/* More points than memory holds: the arithmetic must say so, not the crash. */
static void counts_beyond_all_memory_give_a_status(void **state) {
    static const size_t n[] = {(size_t)1 << 50, SIZE_MAX / 8};
    double x = 0;
    rtk_kdtree *t = NULL;
    (void)state;
    if (strcmp(RTK_LANE, "native")) {
        print_message("skipped: a sanitizer's allocator ends the process when "
                      "it is asked for more than there can be\n");
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        size_t shape[2] = {n[i], 1};
        rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, &x);
        a.stride[0] = 0;
        rtk_status s = rtk_kdtree_new(&t, &a, NULL, 1, NULL);
        assert_true(s == RTK_ENOMEM || s == RTK_EINVAL);
    }
    int64_t id = 5;
    assert_int_equal(RTK_OK, make(&x, 1, 1, NULL, &t));
    size_t one[2] = {1, 1};
    rtk_array q = rtk_array_dense(RTK_DOUBLE, 2, one, &x);
    assert_int_equal(RTK_EINVAL, rtk_kdtree_nearest(t, &q, SIZE_MAX / 4, NULL,
                                                    1, NULL, &id, NULL));
    assert_int_equal(id, 5);
    rtk_kdtree_free(t);
}

static void what_cannot_be_searched_is_refused(void **state) {
    double x[] = {0, 1, 2, 3}, q[] = {0, NAN}, far[2] = {7, 7}, r[] = {1, -1};
    int64_t id[2] = {7, 7};
    rtk_kdtree *t = NULL;
    size_t shape[2] = {2, 1};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, q);
    rtk_kdtree_found f = {0};
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = r, .n_radii = 1};
    static const rtk_kdtree_search bad[] = {
        {sizeof *bad, 0.5, 0, 0},      {sizeof *bad, -1, 0, 0},
        {sizeof *bad, NAN, 0, 0},      {sizeof *bad, 2, -1, 0},
        {sizeof *bad, 2, NAN, 0},      {sizeof *bad, 2, 0, -1},
        {sizeof *bad, 2, INFINITY, 0}, {2 * sizeof *bad, 2, 0, 0}};
    (void)state;
    assert_int_equal(RTK_OK, make(x, 4, 1, NULL, &t));
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_nearest(t, &a, 1, NULL, 1, far, id, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_within(t, &a, &ball, NULL, 1, &f, NULL));
    q[1] = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_kdtree_nearest(t, &a, 1, &bad[i], 1,
                                                        far, id, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_nearest(t, &a, 0, NULL, 1, far, id, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_nearest(t, &a, 1, NULL, 0, far, id, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_pairs(t, t, &ball, true, NULL, 0, &f, NULL));
    ball.n_radii = 2;
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_count(t, &a, &ball, NULL, 1, id, NULL));
    ball.n_radii = 3;
    r[1] = 1;
    a.shape[0] = 2;
    ball.n_radii = 0;
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_count(t, &a, &ball, NULL, 1, id, NULL));
    assert_true(far[0] == 7 && far[1] == 7 && id[0] == 7 && id[1] == 7);
    assert_null(f.start);
    rtk_kdtree_free(t);
}

/* Many equal points: the cuts must end, and the lowest indices win. */
static void equal_points_are_cut_by_their_number(void **state) {
    enum { N = 40000, K = 5 };
    double *x = calloc(N, 2 * sizeof *x), q[2] = {1, 1}, far[K];
    int64_t id[K];
    (void)state;
    for (int split = 0; split < 2; split++) {
        size_t shape[2] = {N, 2}, single[2] = {1, 2};
        rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, x);
        rtk_array b = rtk_array_dense(RTK_DOUBLE, 2, single, q);
        rtk_kdtree_options o = {.size = sizeof o,
                                .split = (rtk_kdtree_split)split};
        rtk_kdtree_info info = {.size = sizeof info};
        rtk_kdtree *t = NULL;
        assert_int_equal(RTK_OK, rtk_kdtree_new(&t, &a, &o, 2, NULL));
        rtk_kdtree_describe(t, &info);
        assert_int_equal(info.points, N);
        assert_true(info.depth <= 20);
        assert_int_equal(RTK_OK,
                         rtk_kdtree_nearest(t, &b, K, NULL, 1, far, id, NULL));
        for (int64_t k = 0; k < K; k++) assert_int_equal(id[k], k);
        rtk_kdtree_free(t);
    }
    free(x);
}

/* Each point half as far as the one before: as deep as a tree can be. */
static void halving_distances_do_not_make_an_endless_tree(void **state) {
    enum { N = 1070 };
    double x[N], far[N];
    int64_t id[N];
    (void)state;
    for (int i = 0; i < N; i++) x[i] = ldexp(1, -i);
    size_t shape[2] = {N, 1};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, x);
    rtk_kdtree_options o = {
        .size = sizeof o, .split = RTK_KDTREE_MIDPOINT, .leaf = 1};
    rtk_kdtree_info info = {.size = sizeof info};
    rtk_kdtree_search how = {.size = sizeof how, .p = 1};
    rtk_kdtree *t = NULL;
    assert_int_equal(RTK_OK, rtk_kdtree_new(&t, &a, &o, 2, NULL));
    rtk_kdtree_describe(t, &info);
    assert_true(info.depth <= 60 && info.leaves == N);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_nearest(t, &a, 1, &how, 1, far, id, NULL));
    for (int64_t i = 0; i < N; i++) {
        assert_int_equal(id[i], i);
        assert_true(far[i] == 0);
    }
    rtk_kdtree_free(t);
}

/* Squares that overflow make a point unreachable, those that underflow equal;
 * p = 1 and infinity see the difference. */
static void overflow_and_underflow_are_as_documented(void **state) {
    double x[] = {1e200, 3e200, DBL_MAX, -DBL_MAX, 5e-324, 0, 1e-310}, far[2];
    double q[] = {1e-310, 2e200};
    int64_t id[2];
    size_t points[2] = {7, 1}, queries[2] = {2, 1};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, points, x);
    rtk_array b = rtk_array_dense(RTK_DOUBLE, 2, queries, q);
    rtk_kdtree_search one = {.size = sizeof one, .p = 1};
    rtk_kdtree *t = NULL;
    (void)state;
    assert_int_equal(RTK_OK, rtk_kdtree_new(&t, &a, NULL, 1, NULL));
    assert_int_equal(RTK_OK,
                     rtk_kdtree_nearest(t, &b, 1, &one, 1, far, id, NULL));
    assert_int_equal(id[0], 6);
    assert_int_equal(id[1], 0);
    assert_true(far[0] == 0 && far[1] == 1e200);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_nearest(t, &b, 1, NULL, 1, far, id, NULL));
    assert_int_equal(id[0], 4);
    assert_int_equal(id[1], 7);
    assert_true(far[0] == 0 && isinf(far[1]));
    rtk_kdtree_free(t);
}

/* Rows in any order and place, on pages that cannot be written. */
static void any_strides_and_read_only_pages_will_do(void **state) {
    enum { M = 50 };
    const size_t n = 500, d = 3;
    (void)state;
    double *plain = brute_numbers(n * d, 0, false, 4), far[2][M];
    int64_t id[2][M];
    size_t bytes = n * d * 2 * sizeof *plain;
    double *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    size_t shape[2] = {n, d}, some[2] = {M, d};
    rtk_array dense = rtk_array_dense(RTK_DOUBLE, 2, shape, plain), odd = dense;
    odd.data = page + 2 * (n - 1);
    odd.stride[0] = -(ptrdiff_t)(2 * sizeof *page);
    odd.stride[1] = (ptrdiff_t)(2 * n * sizeof *page);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            page[2 * (n - 1 - i) + 2 * n * j] = plain[i * d + j];
    assert_int_equal(0, mprotect(page, bytes, PROT_READ));
    rtk_array q = rtk_array_dense(RTK_DOUBLE, 2, some, plain + 7 * d);
    for (int i = 0; i < 3; i++) {
        rtk_kdtree_options o = {.size = sizeof o, .borrow = i == 2};
        rtk_kdtree *t = NULL;
        assert_int_equal(RTK_OK,
                         rtk_kdtree_new(&t, i ? &odd : &dense, &o, 2, NULL));
        assert_int_equal(RTK_OK, rtk_kdtree_nearest(t, &q, 1, NULL, 2, far[!!i],
                                                    id[!!i], NULL));
        rtk_kdtree_free(t);
        if (!i) continue;
        assert_memory_equal(far[0], far[1], sizeof far[0]);
        assert_memory_equal(id[0], id[1], sizeof id[0]);
    }
    for (int64_t i = 0; i < M; i++) assert_int_equal(id[0][i], i + 7);
    munmap(page, bytes);
    free(plain);
}

static void an_empty_tree_has_no_neighbours(void **state) {
    double q = 1, far = 0, r = INFINITY;
    int64_t id = 5, count = 5;
    size_t shape[2] = {1, 1};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, shape, &q);
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = &r, .n_radii = 1};
    rtk_kdtree_found f = {0};
    rtk_kdtree *t = NULL;
    (void)state;
    assert_int_equal(RTK_OK, make(NULL, 0, 1, NULL, &t));
    assert_int_equal(RTK_OK,
                     rtk_kdtree_nearest(t, &a, 1, NULL, 1, &far, &id, NULL));
    assert_true(id == 0 && isinf(far));
    assert_int_equal(RTK_OK,
                     rtk_kdtree_count(t, &a, &ball, NULL, 1, &count, NULL));
    assert_int_equal(count, 0);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_within(t, &a, &ball, NULL, 1, &f, NULL));
    assert_int_equal(f.start[1], 0);
    rtk_kdtree_found_free(&f);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_pairs(t, t, &ball, true, NULL, 1, &f, NULL));
    assert_int_equal(f.rows, 0);
    rtk_kdtree_found_free(&f);
    rtk_kdtree_free(t);
}

static void the_value_is_that_of_the_nearest_point(void **state) {
    double x[] = {0, 10, 20}, q[] = {1, 16, 11, 99},
           value[] = {1, 2, 3, 4, 5, 6};
    double out[8];
    size_t points[2] = {3, 1}, queries[2] = {4, 1}, entry[2] = {3, 2};
    size_t result[2] = {4, 2};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, queries, q);
    rtk_array v = rtk_array_dense(RTK_DOUBLE, 2, entry, value);
    rtk_array o = rtk_array_dense(RTK_DOUBLE, 2, result, out);
    rtk_kdtree_search how = {.size = sizeof how, .bound = 50};
    rtk_kdtree *t = NULL;
    (void)state;
    assert_int_equal(RTK_OK, make(x, 3, 1, NULL, &t));
    assert_true(points[0] == 3);
    assert_int_equal(RTK_OK,
                     rtk_kdtree_interpolate(t, &a, &v, &how, 2, &o, NULL));
    static const double want[] = {1, 2, 5, 6, 3, 4};
    assert_memory_equal(out, want, sizeof want);
    assert_true(isnan(out[6]) && isnan(out[7]));
    v.shape[0] = 2;
    assert_int_equal(RTK_EINVAL,
                     rtk_kdtree_interpolate(t, &a, &v, &how, 2, &o, NULL));
    rtk_kdtree_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_a_tree_is_refused),
        cmocka_unit_test(counts_beyond_all_memory_give_a_status),
        cmocka_unit_test(what_cannot_be_searched_is_refused),
        cmocka_unit_test(equal_points_are_cut_by_their_number),
        cmocka_unit_test(halving_distances_do_not_make_an_endless_tree),
        cmocka_unit_test(overflow_and_underflow_are_as_documented),
        cmocka_unit_test(any_strides_and_read_only_pages_will_do),
        cmocka_unit_test(an_empty_tree_has_no_neighbours),
        cmocka_unit_test(the_value_is_that_of_the_nearest_point),
    };
    return RTK_RUN(tests);
}
