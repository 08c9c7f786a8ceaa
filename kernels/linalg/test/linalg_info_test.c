/* Batches in which some matrices cannot be done: what is said of them, and that
 * the others have the bits they have without them. */
#include "kernels/linalg/test/linalg_lab.h"

enum { BATCH = 203, N = 6, SIDES = 2 };

/* What is wrong with matrix t. */
typedef enum ill { WELL, SINGULAR, NOT_A_NUMBER, INFINITE, ILLS } ill;

static ill of(size_t t) {
    static const ill cycle[] = {WELL, SINGULAR, WELL,         NOT_A_NUMBER,
                                WELL, WELL,     NOT_A_NUMBER, SINGULAR,
                                WELL, INFINITE, WELL};
    return cycle[t % (sizeof cycle / sizeof *cycle)];
}

/* Where it is told of: a corner that is read whichever triangle is. */
static void harm(const rtk_array *a, size_t t) {
    switch (of(t)) {
    case SINGULAR:
        for (size_t i = 0; i < N; i++) {
            lab_put(a, t, i, 2, 0, 0);
            lab_put(a, t, 2, i, 0, 0);
        }
        break;
    case NOT_A_NUMBER: lab_put(a, t, 1, 1, NAN, 0); break;
    case INFINITE: lab_put(a, t, 3, 3, -INFINITY, 0); break;
    default: break;
    }
}

/* One operation on `a`; results in out[0..1], if there are so many. */
typedef struct operation {
    const char *name;
    rtk_status (*run)(const rtk_array *a, const rtk_array *out, int *info,
                      int64_t workers);
    bool singular_fails, singular_is_nan;
    bool complex_out[2];
    bool vector_out[2];
} operation;

static rtk_linalg_options how(int *info, int64_t workers) {
    return (rtk_linalg_options){.size = sizeof(rtk_linalg_options),
                                .workers = workers,
                                .blas_threads = 1,
                                .info = info};
}

static rtk_status run_solve(const rtk_array *a, const rtk_array *out, int *info,
                            int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    rtk_array b = lab_new(a->number, LAB_COLUMNS, BATCH, N, N);
    lab_fill(&b, 3, true);
    rtk_status s = rtk_solve(a, &b, &out[0], &o);
    lab_free(&b);
    return s;
}

static rtk_status run_cholesky(const rtk_array *a, const rtk_array *out,
                               int *info, int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    return rtk_cholesky(a, &out[0], &o);
}

static rtk_status run_lu(const rtk_array *a, const rtk_array *out, int *info,
                         int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    return rtk_lu(a, &out[0], NULL, &o);
}

static rtk_status run_qr(const rtk_array *a, const rtk_array *out, int *info,
                         int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    return rtk_qr(a, &out[0], &out[1], &o);
}

static rtk_status run_eigh(const rtk_array *a, const rtk_array *out, int *info,
                           int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    return rtk_eigh(a, &out[1], &out[0], &o);
}

static rtk_status run_eig(const rtk_array *a, const rtk_array *out, int *info,
                          int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    return rtk_eig(a, &out[1], &out[0], &o);
}

static rtk_status run_svd(const rtk_array *a, const rtk_array *out, int *info,
                          int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    rtk_array vh = lab_new(a->number, LAB_ROWS, BATCH, N, N);
    rtk_status s = rtk_svd(a, &out[0], &out[1], &vh, &o);
    lab_free(&vh);
    return s;
}

static rtk_status run_lstsq(const rtk_array *a, const rtk_array *out, int *info,
                            int64_t workers) {
    rtk_linalg_options o = how(info, workers);
    rtk_array b = lab_new(a->number, LAB_ROWS, BATCH, N, N);
    int rank[BATCH];
    rtk_lstsq_details d = {.size = sizeof d, .rank = rank, .s = &out[1]};
    lab_fill(&b, 3, true);
    rtk_status s = rtk_lstsq(a, &b, &out[0], &d, &o);
    for (size_t t = 0; t < BATCH; t++) {
        int want = of(t) == WELL ? N : of(t) == SINGULAR ? N - 1 : -1;
        assert_int_equal(want, rank[t]);
    }
    lab_free(&b);
    return s;
}

static const operation operations[] = {
    {"solve", run_solve, true, true, {0}, {0}},
    {"cholesky", run_cholesky, true, true, {0}, {0}},
    {"lu", run_lu, true, false, {0}, {0}},
    {"qr", run_qr, false, false, {0}, {0}},
    {"eigh", run_eigh, false, false, {0}, {false, true}},
    {"eig", run_eig, false, false, {true, true}, {false, true}},
    {"svd", run_svd, false, false, {0}, {false, true}},
    {"lstsq", run_lstsq, false, false, {0}, {false, true}},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static rtk_array results(const operation *o, rtk_number number, int which) {
    rtk_number real = rtk_number_real(number);
    if (o->complex_out[which]) number = rtk_number_complex(number);
    if (!o->vector_out[which]) return lab_new(number, LAB_ROWS, BATCH, N, N);
    return lab_vectors(o->complex_out[which] ? number : real, BATCH, N);
}

static void release(rtk_array *a) {
    if (a->rank == 2)
        free(a->data);
    else
        lab_free(a);
}

static bool all_nan(const rtk_array *a, size_t t) {
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < (a->rank == 3 ? N : 1); j++)
            if (!isnan(creall(lab_get(a, t, i, j)))) return false;
    return true;
}

static bool equal_bits(const rtk_array *a, const rtk_array *b, size_t t) {
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < (a->rank == 3 ? N : 1); j++)
            if (memcmp(lab_element(a, t, i, j), lab_element(b, t, i, j),
                       rtk_number_bytes(a->number)))
                return false;
    return true;
}

static void assert_told(const operation *o, size_t t, int info) {
    if (of(t) == WELL || (of(t) == SINGULAR && !o->singular_fails))
        assert_int_equal(0, info);
    else if (of(t) == SINGULAR)
        assert_int_equal(3, info);
    else
        assert_int_equal(RTK_INFO_NOT_FINITE, info);
}

static void compare(const operation *o, rtk_number number, int64_t workers) {
    static int info[BATCH];
    rtk_array a = lab_new(number, LAB_ROWS, BATCH, N, N);
    lab_fill(&a, 5, true);
    lab_mirror(&a, 40);
    rtk_array good[2], mixed[2];
    for (int i = 0; i < 2; i++) {
        good[i] = results(o, number, i);
        mixed[i] = results(o, number, i);
    }
    if (o->run != run_lstsq)
        assert_int_equal(RTK_OK, o->run(&a, good, info, 1));
    for (size_t t = 0; t < BATCH; t++) harm(&a, t);
    if (o->run == run_lstsq)
        assert_int_equal(RTK_OK, o->run(&a, good, info, 1));
    for (size_t t = 0; t < BATCH; t++) info[t] = -77;
    assert_int_equal(RTK_OK, o->run(&a, mixed, info, workers));
    for (size_t t = 0; t < BATCH; t++) {
        assert_told(o, t, info[t]);
        if (of(t) == WELL) assert_true(equal_bits(&good[0], &mixed[0], t));
        if (of(t) == WELL) assert_true(equal_bits(&good[1], &mixed[1], t));
        if (info[t] < 0 || (info[t] && o->singular_is_nan))
            assert_true(all_nan(&mixed[0], t));
    }
    lab_free(&a);
    for (int i = 0; i < 2; i++) release(&good[i]), release(&mixed[i]);
}

static void neighbours_of_bad_matrices_keep_their_bits(void **state) {
    (void)state;
    for (int o = 0; o < OPERATIONS; o++)
        for (int i = 0; i < LAB_NUMBERS; i++)
            for (int64_t workers = 1; workers <= 3; workers += 2)
                compare(&operations[o], lab_numbers[i], workers);
}

/* NaN in every place, in turn, and infinities: nothing hangs or crashes. */
static void no_place_of_a_nan_is_missed(void **state) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    static int info[BATCH];
    (void)state;
    for (int o = 0; o < OPERATIONS; o++) {
        if (operations[o].run == run_lstsq) continue; /* looks at all ranks */
        for (int i = 0; i < LAB_NUMBERS; i++) {
            rtk_array a = lab_new(lab_numbers[i], LAB_GAPS, BATCH, N, N),
                      out[2];
            for (int k = 0; k < 2; k++)
                out[k] = results(&operations[o], lab_numbers[i], k);
            lab_fill(&a, 8, true);
            lab_mirror(&a, 40);
            for (size_t t = 0; t < (size_t)N * N; t++) {
                size_t row = t / N, column = t % N;
                lab_put(&a, t, row, column, bad[t % 3], 0);
                lab_put(&a, t, column, row, bad[t % 3], 0);
            }
            assert_int_equal(RTK_OK, operations[o].run(&a, out, info, 2));
            for (size_t t = 0; t < BATCH; t++)
                assert_int_equal(t < (size_t)N * N ? RTK_INFO_NOT_FINITE : 0,
                                 info[t]);
            lab_free(&a), release(&out[0]), release(&out[1]);
        }
    }
}

/* The other triangle may hold anything. */
static void what_is_not_read_does_not_matter(void **state) {
    static int info[BATCH];
    (void)state;
    for (int upper = 0; upper < 2; upper++) {
        rtk_array a = lab_new(RTK_DOUBLE_COMPLEX, LAB_ROWS, BATCH, N, N);
        rtk_array l = lab_new(RTK_DOUBLE_COMPLEX, LAB_ROWS, BATCH, N, N);
        rtk_array w = lab_vectors(RTK_DOUBLE, BATCH, N);
        rtk_linalg_options o = how(info, 1);
        o.upper = upper;
        lab_fill(&a, 9, true);
        lab_mirror(&a, 60);
        for (size_t t = 0; t < BATCH; t++)
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    if (upper ? j < i : j > i) lab_put(&a, t, i, j, NAN, NAN);
        assert_int_equal(RTK_OK, rtk_cholesky(&a, &l, &o));
        for (size_t t = 0; t < BATCH; t++) assert_int_equal(0, info[t]);
        assert_int_equal(RTK_OK, rtk_eigh(&a, &w, NULL, &o));
        for (size_t t = 0; t < BATCH; t++) assert_int_equal(0, info[t]);
        lab_free(&a), lab_free(&l), free(w.data);
    }
}

/* Denormal numbers and the largest ones. */
static void extreme_numbers_come_back(void **state) {
    static const double scale[] = {0x1p-1040, 0x1p1000};
    int info[2];
    (void)state;
    for (int e = 0; e < 2; e++) {
        rtk_array a = lab_new(RTK_DOUBLE, LAB_ROWS, 2, N, N);
        rtk_array v = lab_new(RTK_DOUBLE, LAB_ROWS, 2, N, N);
        rtk_array w = lab_vectors(RTK_DOUBLE, 2, N);
        rtk_linalg_options o = how(info, 1);
        for (size_t t = 0; t < 2; t++)
            for (size_t i = 0; i < N; i++)
                lab_put(&a, t, i, i, (double)(i + 1) * scale[e], 0);
        assert_int_equal(RTK_OK, rtk_eigh(&a, &w, &v, &o));
        for (size_t i = 0; i < N; i++) {
            long double want = (long double)(i + 1) * scale[e];
            assert_true(fabsl(creall(lab_get(&w, 0, i, 0)) - want) <=
                        want * 0x1p-30L);
        }
        assert_int_equal(RTK_OK, rtk_svd(&a, NULL, &w, NULL, &o));
        assert_int_equal(0, info[0]);
        assert_true(fabsl(creall(lab_get(&w, 0, 0, 0)) / scale[e] - 6) <
                    0x1p-30L);
        lab_free(&a), lab_free(&v), free(w.data);
    }
}

/* Rank 0, no columns, one row of nothing: every operation takes it. */
static void empty_matrices_have_empty_results(void **state) {
    static const size_t lengths[][2] = {{0, 0}, {0, 3}, {3, 0}};
    int info[2], rank[2];
    (void)state;
    for (int i = 0; i < LAB_NUMBERS; i++)
        for (size_t l = 0; l < 3; l++) {
            rtk_number number = lab_numbers[i];
            size_t m = lengths[l][0], n = lengths[l][1];
            rtk_array a = lab_new(number, LAB_ROWS, 2, m, n);
            rtk_array q = lab_new(number, LAB_ROWS, 2, m, m);
            rtk_array r = lab_new(number, LAB_ROWS, 2, m, n);
            rtk_array vh = lab_new(number, LAB_ROWS, 2, n, n);
            rtk_array b = lab_new(number, LAB_ROWS, 2, m, 2);
            rtk_array x = lab_new(number, LAB_ROWS, 2, n, 2);
            rtk_array s = lab_vectors(rtk_number_real(number), 2, 0);
            rtk_lstsq_details d = {.size = sizeof d, .rank = rank};
            rtk_linalg_options o = how(info, 2);
            lab_fill(&x, 1, false);
            assert_int_equal(RTK_OK, rtk_lu(&a, &r, NULL, &o));
            assert_int_equal(RTK_OK, rtk_qr(&a, &q, &r, &o));
            for (size_t k = 0; k < m * m; k++)
                assert_true(lab_get(&q, 1, k / m, k % m) == (k / m == k % m));
            assert_int_equal(RTK_OK, rtk_svd(&a, &q, &s, &vh, &o));
            for (size_t k = 0; k < n * n; k++)
                assert_true(lab_get(&vh, 1, k / n, k % n) == (k / n == k % n));
            assert_int_equal(RTK_OK, rtk_lstsq(&a, &b, &x, &d, &o));
            assert_int_equal(0, rank[1]);
            for (size_t k = 0; k < 2 * n; k++)
                assert_true(lab_get(&x, 1, k / 2, k % 2) == 0);
            if (m == n) {
                rtk_array w = lab_vectors(rtk_number_complex(number), 2, 0);
                assert_int_equal(RTK_OK, rtk_solve(&a, &b, &x, &o));
                assert_int_equal(RTK_OK, rtk_cholesky(&a, &r, &o));
                assert_int_equal(RTK_OK, rtk_eigh(&a, &s, &r, &o));
                assert_int_equal(RTK_OK, rtk_eig(&a, &w, NULL, &o));
                free(w.data);
            }
            lab_free(&a), lab_free(&q), lab_free(&r), lab_free(&vh);
            lab_free(&b), lab_free(&x), free(s.data);
        }
}

static void lengths_that_do_not_fit_are_refused(void **state) {
    rtk_array a = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 4);
    rtk_array q = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 3);
    rtk_array r = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 4);
    rtk_array s = lab_vectors(RTK_DOUBLE, 2, 4);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 2);
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_solve(&a, &b, &b, NULL));
    assert_int_equal(RTK_EINVAL, rtk_cholesky(&a, &r, NULL));
    assert_int_equal(RTK_EINVAL, rtk_eigh(&a, &s, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_eig(&a, &s, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_eig(&q, &s, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_lu(&a, &q, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_qr(&a, &r, &q, NULL));
    assert_int_equal(RTK_EINVAL, rtk_qr(&a, &q, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_svd(&a, NULL, &s, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_svd(&a, &q, &s, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_lstsq(&a, &b, &b, NULL, NULL));
    rtk_array large =
        rtk_array_dense(RTK_DOUBLE, 3, (size_t[]){0, (size_t)1 << 31, 4}, NULL);
    assert_int_equal(RTK_EUNSUPPORTED, rtk_lu(&large, &large, NULL, NULL));
    large.shape[1] = large.shape[2] = 30000;
    rtk_array w = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){0, 30000}, NULL);
    assert_int_equal(RTK_EUNSUPPORTED, rtk_eigh(&large, &w, NULL, NULL));
    assert_int_equal(RTK_EUNSUPPORTED, rtk_svd(&large, NULL, &w, NULL, NULL));
    lab_free(&a), lab_free(&q), lab_free(&r), lab_free(&b), free(s.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_of_bad_matrices_keep_their_bits),
        cmocka_unit_test(no_place_of_a_nan_is_missed),
        cmocka_unit_test(what_is_not_read_does_not_matter),
        cmocka_unit_test(extreme_numbers_come_back),
        cmocka_unit_test(empty_matrices_have_empty_results),
        cmocka_unit_test(lengths_that_do_not_fit_are_refused),
    };
    return RTK_RUN(tests);
}
