/* SciPy's answers, from expected/kdtree.json. */
#include "kernels/workers/test/unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "kernels/spatial/kdtree.h"
#include "kernels/test/expected.h"

/* One case, ready to search. */
typedef struct item {
    const json_t *of;
    size_t n, d, m;
    double *x, *q;
    rtk_array queries;
    rtk_kdtree *tree;
    rtk_kdtree_search how;
} item;

static double one(const item *c, const char *name) {
    double *numbers = rtk_expected_numbers(c->of, name, NULL), first = *numbers;
    free(numbers);
    return first;
}

static void item_open(item *c, const json_t *of) {
    *c = (item){.of = of,
                .n = (size_t)rtk_expected_int(of, "n"),
                .d = (size_t)rtk_expected_int(of, "d"),
                .m = (size_t)rtk_expected_int(of, "m"),
                .x = rtk_expected_numbers(of, "points", NULL),
                .q = rtk_expected_numbers(of, "queries", NULL)};
    double *box = rtk_expected_numbers(of, "box", NULL);
    size_t rows[2] = {c->n, c->d}, columns[2] = {c->m, c->d};
    rtk_array points = rtk_array_dense(RTK_DOUBLE, 2, rows, c->x);
    rtk_kdtree_options o = {.size = sizeof o, .leaf = 3, .period = box};
    c->queries = rtk_array_dense(RTK_DOUBLE, 2, columns, c->q);
    c->how = (rtk_kdtree_search){.size = sizeof c->how, .p = one(c, "p")};
    assert_int_equal(RTK_OK, rtk_kdtree_new(&c->tree, &points, &o, 2, NULL));
    free(box);
}

static void item_close(item *c) {
    rtk_kdtree_free(c->tree);
    free(c->x);
    free(c->q);
}

static void same(const int64_t *got, const double *want, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_int_equal(got[i], (int64_t)want[i]);
}

static void nearest(item *c) {
    size_t k = (size_t)rtk_expected_int(c->of, "k"), count = 0;
    double *far = rtk_expected_numbers(c->of, "distance", &count);
    double *index = rtk_expected_numbers(c->of, "index", NULL);
    double *got = malloc(count * sizeof *got);
    int64_t *id = malloc(count * sizeof *id);
    c->how.bound = one(c, "bound");
    assert_int_equal(count, c->m * k);
    assert_int_equal(RTK_OK, rtk_kdtree_nearest(c->tree, &c->queries, k,
                                                &c->how, 2, got, id, NULL));
    same(id, index, count);
    for (size_t i = 0; i < count; i++)
        assert_true(got[i] == far[i] ||
                    fabs(got[i] - far[i]) <= 16 * DBL_EPSILON * far[i]);
    free(far);
    free(index);
    free(got);
    free(id);
}

static void within(item *c) {
    size_t all = 0, count = 0;
    double radius = one(c, "radius"), *length, *row;
    rtk_kdtree_ball ball = {.size = sizeof ball,
                            .radii = &radius,
                            .n_radii = 1,
                            .order = RTK_KDTREE_BY_INDEX};
    rtk_kdtree_found f = {0};
    length = rtk_expected_numbers(c->of, "length", NULL);
    row = rtk_expected_numbers(c->of, "row", &all);
    assert_int_equal(RTK_OK, rtk_kdtree_within(c->tree, &c->queries, &ball,
                                               &c->how, 2, &f, NULL));
    assert_int_equal(f.start[c->m], all);
    for (size_t i = 0; i < c->m; i++)
        assert_int_equal(f.start[i + 1] - f.start[i], (size_t)length[i]);
    same(f.index, row, all);
    rtk_kdtree_found_free(&f);
    free(row);

    radius /= 2;
    row = rtk_expected_numbers(c->of, "pairs", &count);
    assert_int_equal(RTK_OK, rtk_kdtree_pairs(c->tree, c->tree, &ball, true,
                                              &c->how, 2, &f, NULL));
    assert_int_equal(f.start[c->n], count / 2);
    for (size_t i = 0; i < c->n; i++)
        for (size_t h = f.start[i]; h < f.start[i + 1]; h++) {
            assert_int_equal(i, (size_t)row[2 * h]);
            assert_int_equal(f.index[h], (int64_t)row[2 * h + 1]);
        }
    rtk_kdtree_found_free(&f);
    free(row);
    free(length);
}

static void counts(item *c) {
    int64_t got[3];
    double *radii = rtk_expected_numbers(c->of, "radii", NULL);
    double *want = rtk_expected_numbers(c->of, "counts", NULL);
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = radii, .n_radii = 3};
    assert_int_equal(RTK_OK, rtk_kdtree_count_pairs(c->tree, c->tree, &ball,
                                                    &c->how, 2, got, NULL));
    same(got, want, 3);
    free(radii);
    free(want);
}

static void each(void (*one_case)(item *c)) {
    json_t *cases = rtk_expected_cases("spatial/test/expected/kdtree");
    size_t i;
    json_t *of;
    json_array_foreach(cases, i, of) {
        item c;
        item_open(&c, of);
        one_case(&c);
        item_close(&c);
    }
    json_decref(cases);
}

static void the_nearest_are_scipys(void **state) {
    (void)state;
    each(nearest);
}

static void rows_and_pairs_are_scipys(void **state) {
    (void)state;
    each(within);
}

static void counts_are_scipys(void **state) {
    (void)state;
    each(counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_are_scipys),
        cmocka_unit_test(rows_and_pairs_are_scipys),
        cmocka_unit_test(counts_are_scipys),
    };
    return RTK_RUN(tests);
}
