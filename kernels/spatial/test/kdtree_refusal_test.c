/* Memory that cannot be had, at every place: a status, nothing left behind (the
 * asan lane sees leaks), and out-parameters as they were. */
#include "kernels/spatial/test/kdtree_brute.h"

#include "kernels/workers/test/inject.h"

enum { N = 6000, D = 3, M = 200, K = 40, FIRST_MOST = 4000 };

static double *points, *queries;
static rtk_kdtree *shared;

static rtk_array array(double *x, size_t rows) {
    size_t shape[2] = {rows, D};
    return rtk_array_dense(RTK_DOUBLE, 2, shape, x);
}

static rtk_status build(void) {
    rtk_kdtree *t = NULL;
    rtk_array a = array(points, N);
    rtk_kdtree_options o = {.size = sizeof o, .leaf = 100};
    rtk_status s = rtk_kdtree_new(&t, &a, &o, 2, NULL);
    assert_int_equal(s == RTK_OK, t != NULL);
    rtk_kdtree_free(t);
    return s;
}

static rtk_status nearest(void) {
    static int64_t id[M * K];
    rtk_array a = array(queries, M);
    id[0] = -7;
    rtk_status s = rtk_kdtree_nearest(shared, &a, K, NULL, 2, NULL, id, NULL);
    assert_int_equal(s != RTK_OK, id[0] == -7);
    return s;
}

static rtk_status within(void) {
    double r = 0.2;
    rtk_array a = array(queries, M);
    rtk_kdtree_found f = {0};
    rtk_kdtree_ball ball = {.size = sizeof ball,
                            .radii = &r,
                            .n_radii = 1,
                            .order = RTK_KDTREE_BY_INDEX,
                            .distances = true};
    rtk_status s = rtk_kdtree_within(shared, &a, &ball, NULL, 2, &f, NULL);
    assert_int_equal(s == RTK_OK, f.start != NULL);
    rtk_kdtree_found_free(&f);
    return s;
}

static rtk_status pairs(void) {
    double r = 0.02;
    int64_t count = -7;
    rtk_kdtree_found f = {0};
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = &r, .n_radii = 1};
    rtk_status s =
        rtk_kdtree_pairs(shared, shared, &ball, true, NULL, 2, &f, NULL);
    if (!s)
        s = rtk_kdtree_count_pairs(shared, shared, &ball, NULL, 2, &count,
                                   NULL);
    assert_int_equal(s == RTK_OK, count != -7);
    rtk_kdtree_found_free(&f);
    return s;
}

/* Refuse the first call, the second, ... until all are had; then all from each
 * on. */
static void at_each_place(rtk_status (*call)(void)) {
    for (int often = 0; often < 2; often++) {
        int first = 1, failed = 0;
        for (; first < FIRST_MOST; first++) {
            inject_arm(INJECT_MEMORY, first, often ? INJECT_ALWAYS : 1);
            rtk_status s = call();
            int refused = inject_disarm();
            assert_true(s == RTK_OK || s == RTK_ENOMEM);
            failed += s == RTK_ENOMEM;
            if (!refused) break;
        }
        assert_in_range(first, 2, FIRST_MOST - 1);
        assert_true(failed > 0);
    }
    assert_int_equal(RTK_OK, call());
}

static void a_tree_is_not_made_by_halves(void **state) {
    (void)state;
    at_each_place(build);
}

static void a_search_gives_all_or_nothing(void **state) {
    (void)state;
    at_each_place(nearest);
    at_each_place(within);
    at_each_place(pairs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_is_not_made_by_halves),
        cmocka_unit_test(a_search_gives_all_or_nothing),
    };
    points = brute_numbers((size_t)N * D, 0, false, 1);
    queries = brute_numbers((size_t)M * D, 0, false, 2);
    rtk_array a = array(points, N);
    if (rtk_kdtree_new(&shared, &a, NULL, 1, NULL)) return 2;
    int failed = RTK_RUN(tests);
    rtk_kdtree_free(shared);
    free(points);
    free(queries);
    return failed;
}
