/* Toeplitz and circulant matrices against sums in long double, against SciPy,
 * and what is said of those that cannot be done. */
#include "kernels/linalg/test/linalg_lab.h"

#include <limits.h>

#include "kernels/linalg/toeplitz.h"
#include "kernels/test/expected.h"

static lab_value element(const rtk_array *c, const rtk_array *r, size_t t,
                         size_t i, size_t j) {
    if (i >= j) return lab_get(c, t, i - j, 0);
    return r ? lab_get(r, t, j - i, 0) : conjl(lab_get(c, t, j - i, 0));
}

static rtk_linalg_options by(int64_t workers, int *info) {
    return (rtk_linalg_options){
        .size = sizeof(rtk_linalg_options), .workers = workers, .info = info};
}

/* Vectors (batch, length), of which every element of a batch is a column of
 * another array's memory order. */
static rtk_array vectors(rtk_number number, lab_order order, size_t batch,
                         size_t length) {
    rtk_array a = lab_new(number, order, batch, length, 1);
    a.rank = 2;
    return a;
}

/* The largest of |t x - y| over the matrix' and x's sizes. */
static long double error_of(const rtk_array *c, const rtk_array *r,
                            const rtk_array *x, const rtk_array *y) {
    long double worst = 0;
    for (size_t t = 0; t < y->shape[0]; t++)
        for (size_t i = 0; i < y->shape[1]; i++)
            for (size_t j = 0; j < y->shape[2]; j++) {
                lab_value sum = 0;
                for (size_t l = 0; l < x->shape[1]; l++)
                    sum += element(c, r, t, i, l) * lab_get(x, t, l, j);
                worst = lab_worse(worst, cabsl(sum - lab_get(y, t, i, j)));
            }
    return worst;
}

/* ---- Products --------------------------------------------------------------
 */

enum { BATCH = 3 };

static void multiply(rtk_number number, lab_order order, const size_t *mnk,
                     bool given) {
    rtk_linalg_options how = by(2, NULL);
    rtk_array c = vectors(number, order, BATCH, mnk[0]);
    rtk_array r = vectors(number, order, BATCH, mnk[1]);
    rtk_array x = lab_new(number, order, BATCH, mnk[1], mnk[2]);
    rtk_array y = lab_new(number, order, BATCH, mnk[0], mnk[2]);
    lab_fill(&c, 1, true), lab_fill(&r, 2, true), lab_fill(&x, 3, true);
    assert_int_equal(RTK_OK,
                     rtk_matmul_toeplitz(&c, given ? &r : NULL, &x, &y, &how));
    long double size = 49.0L * 2 * (long double)(mnk[1] + 1);
    assert_true(error_of(&c, given ? &r : NULL, &x, &y) <=
                4 * size * lab_epsilon(number));
    lab_free(&c), lab_free(&r), lab_free(&x), lab_free(&y);
}

static void products_are_the_sums(void **state) {
    static const size_t shapes[][3] = {{1, 1, 1}, {1, 4, 2}, {4, 1, 2},
                                       {5, 5, 3}, {8, 3, 2}, {33, 70, 5},
                                       {0, 3, 2}, {3, 0, 2}, {3, 2, 0}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int number = 0; number < LAB_NUMBERS; number++)
            for (lab_order o = 0; o < LAB_ORDERS; o++) {
                multiply(lab_numbers[number], o, shapes[s], true);
                if (shapes[s][0] == shapes[s][1])
                    multiply(lab_numbers[number], o, shapes[s], false);
            }
}

static void products_of_whole_numbers_round_to_the_exact_ones(void **state) {
    enum { M = 100, N = 77, K = 9 };
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, BATCH, M);
    rtk_array r = vectors(RTK_DOUBLE, LAB_ROWS, BATCH, N);
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, K);
    rtk_array y = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, M, K);
    (void)state;
    lab_fill(&c, 1, true), lab_fill(&r, 2, true), lab_fill(&x, 3, true);
    assert_int_equal(RTK_OK, rtk_matmul_toeplitz(&c, &r, &x, &y, NULL));
    double *values = y.data;
    for (size_t i = 0; i < (size_t)BATCH * M * K; i++)
        values[i] = nearbyint(values[i]);
    assert_true(error_of(&c, &r, &x, &y) == 0);
    lab_free(&c), lab_free(&r), lab_free(&x), lab_free(&y);
}

static void one_matrix_may_serve_a_batch_and_x_may_be_y(void **state) {
    enum { N = 12, K = 2 };
    rtk_array c = vectors(RTK_DOUBLE_COMPLEX, LAB_ROWS, BATCH, N), same = c;
    rtk_array x = lab_new(RTK_DOUBLE_COMPLEX, LAB_GAPS, BATCH, N, K);
    rtk_array y = lab_new(RTK_DOUBLE_COMPLEX, LAB_GAPS, BATCH, N, K);
    (void)state;
    same.stride[0] = 0;
    lab_fill(&c, 5, false), lab_fill(&x, 6, false), lab_fill(&y, 6, false);
    assert_int_equal(RTK_OK, rtk_matmul_toeplitz(&same, NULL, &y, &y, NULL));
    assert_true(error_of(&same, NULL, &x, &y) <= 1e-13L);
    lab_free(&c), lab_free(&x), lab_free(&y);
}

static void a_nan_stays_in_its_column(void **state) {
    enum { N = 9, K = 4 };
    rtk_array c = vectors(RTK_FLOAT, LAB_ROWS, BATCH, N);
    rtk_array x = lab_new(RTK_FLOAT, LAB_ROWS, BATCH, N, K);
    rtk_array y = lab_new(RTK_FLOAT, LAB_ROWS, BATCH, N, K);
    (void)state;
    lab_fill(&c, 5, false), lab_fill(&x, 6, false);
    lab_put(&x, 1, 3, 2, NAN, 0);
    assert_int_equal(RTK_OK, rtk_matmul_toeplitz(&c, NULL, &x, &y, NULL));
    for (size_t t = 0; t < BATCH; t++)
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < K; j++)
                assert_int_equal(t == 1 && j == 2,
                                 isnan(creall(lab_get(&y, t, i, j))));
    lab_free(&c), lab_free(&x), lab_free(&y);
}

/* ---- Solutions -------------------------------------------------------------
 */

/* The diagonal is the largest by far, so that systems are well conditioned. */
static void dominate(const rtk_array *c) {
    for (size_t t = 0; t < c->shape[0]; t++)
        lab_put(c, t, 0, 0, 3 * (double)c->shape[1] + 1, 0);
}

static void solve(rtk_number number, lab_order order, size_t n, bool given) {
    int info[BATCH] = {7, 7, 7};
    rtk_linalg_options how = by(2, info);
    rtk_array c = vectors(number, order, BATCH, n);
    rtk_array r = vectors(number, order, BATCH, n);
    rtk_array b = lab_new(number, order, BATCH, n, 2);
    rtk_array x = lab_new(number, order, BATCH, n, 2);
    lab_fill(&c, 1, false), lab_fill(&r, 2, false), lab_fill(&b, 3, false);
    if (n) dominate(&c);
    assert_int_equal(RTK_OK,
                     rtk_solve_toeplitz(&c, given ? &r : NULL, &b, &x, &how));
    assert_true(error_of(&c, given ? &r : NULL, &x, &b) <=
                16 * (long double)(n + 1) * lab_epsilon(number));
    for (size_t t = 0; t < BATCH; t++) assert_int_equal(0, info[t]);
    lab_free(&c), lab_free(&r), lab_free(&b), lab_free(&x);
}

static void solutions_solve(void **state) {
    static const size_t lengths[] = {0, 1, 2, 3, 10, 65};
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (int number = 0; number < LAB_NUMBERS; number++)
            for (lab_order o = 0; o < LAB_ORDERS; o++)
                for (int given = 0; given < 2; given++)
                    solve(lab_numbers[number], o, lengths[l], given);
}

/* t[0] is not zero, but the minor of order 2 is; then t[0] is; then NaN. */
static void what_cannot_be_solved_is_said_of_it_alone(void **state) {
    enum { N = 3 };
    int info[BATCH + 1];
    rtk_linalg_options how = by(1, info);
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, BATCH + 1, N);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH + 1, N, 1);
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH + 1, N, 1);
    static const double columns[BATCH + 1][N] = {
        {1, 1, 2}, {0, 1, 1}, {4, NAN, 1}, {4, 1, 0}};
    static const int said[BATCH + 1] = {2, 1, RTK_INFO_NOT_FINITE, 0};
    (void)state;
    lab_fill(&b, 3, false);
    for (size_t t = 0; t < BATCH + 1; t++)
        for (size_t i = 0; i < N; i++) lab_put(&c, t, i, 0, columns[t][i], 0);
    assert_int_equal(RTK_OK, rtk_solve_toeplitz(&c, NULL, &b, &x, &how));
    for (size_t t = 0; t < BATCH + 1; t++) {
        assert_int_equal(said[t], info[t]);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(said[t] != 0, isnan(creall(lab_get(&x, t, i, 0))));
    }
    lab_free(&c), lab_free(&b), lab_free(&x);
}

/* ---- Circulant systems -----------------------------------------------------
 */

/* Against t x, the matrix being a Toeplitz one whose row is c turned around. */
static void solve_circulant(rtk_number number, lab_order order, size_t n) {
    int info[BATCH] = {7, 7, 7};
    rtk_linalg_options how = by(2, info);
    rtk_array c = vectors(number, order, BATCH, n);
    rtk_array r = vectors(number, order, BATCH, n);
    rtk_array b = lab_new(number, order, BATCH, n, 3);
    rtk_array x = lab_new(number, order, BATCH, n, 3);
    lab_fill(&c, 1, false), lab_fill(&b, 3, false);
    if (n) dominate(&c);
    for (size_t t = 0; t < BATCH; t++)
        for (size_t i = 1; i < n; i++) {
            lab_value v = lab_get(&c, t, n - i, 0);
            lab_put(&r, t, i, 0, (double)creall(v), (double)cimagl(v));
        }
    assert_int_equal(RTK_OK, rtk_solve_circulant(&c, &b, &x, NULL, &how));
    assert_true(error_of(&c, &r, &x, &b) <=
                16 * (long double)(n + 1) * lab_epsilon(number));
    for (size_t t = 0; t < BATCH; t++) assert_int_equal(0, info[t]);
    lab_free(&c), lab_free(&r), lab_free(&b), lab_free(&x);
}

static void circulant_systems_are_solved(void **state) {
    static const size_t lengths[] = {0, 1, 2, 5, 8, 67};
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (int number = 0; number < LAB_NUMBERS; number++)
            for (lab_order o = 0; o < LAB_ORDERS; o++)
                solve_circulant(lab_numbers[number], o, lengths[l]);
}

/* Ones have one eigenvalue that is not zero; 1, 0, 1, 0 has two. */
static void eigenvalues_of_zero_are_counted(void **state) {
    enum { N = 4 };
    static const double columns[BATCH][N] = {
        {1, 1, 1, 1}, {1, 0, 1, 0}, {1, 0, 0, 0}};
    static const int zeros[BATCH] = {3, 2, 0};
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, BATCH, N);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, 1);
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, 1);
    int info[BATCH];
    rtk_linalg_options how = by(1, info);
    rtk_circulant_details details = {.size = sizeof details};
    (void)state;
    for (size_t t = 0; t < BATCH; t++)
        for (size_t i = 0; i < N; i++) lab_put(&c, t, i, 0, columns[t][i], 0);
    lab_fill(&b, 9, false);
    for (int squares = 0; squares < 2; squares++) {
        details.least_squares = squares;
        assert_int_equal(RTK_OK,
                         rtk_solve_circulant(&c, &b, &x, &details, &how));
        for (size_t t = 0; t < BATCH; t++) {
            assert_int_equal(zeros[t], info[t]);
            assert_int_equal(zeros[t] && !squares,
                             isnan(creall(lab_get(&x, t, 0, 0))));
        }
    }
    /* Of least norm: every element the mean of b over the number of ones. */
    lab_value sum = 0;
    for (size_t i = 0; i < N; i++) sum += lab_get(&b, 0, i, 0);
    for (size_t i = 0; i < N; i++)
        assert_true(cabsl(lab_get(&x, 0, i, 0) - sum / (N * N)) < 1e-15L);
    lab_free(&c), lab_free(&b), lab_free(&x);
}

static void infinities_spoil_the_matrix_or_the_column(void **state) {
    enum { N = 5 };
    int info[BATCH];
    rtk_linalg_options how = by(1, info);
    rtk_array c = vectors(RTK_FLOAT, LAB_ROWS, BATCH, N);
    rtk_array b = lab_new(RTK_FLOAT, LAB_ROWS, BATCH, N, 2);
    rtk_array x = lab_new(RTK_FLOAT, LAB_ROWS, BATCH, N, 2);
    (void)state;
    lab_fill(&c, 5, false), lab_fill(&b, 6, false);
    dominate(&c);
    lab_put(&c, 1, 2, 0, INFINITY, 0);
    lab_put(&b, 2, 3, 0, NAN, 0);
    assert_int_equal(RTK_OK, rtk_solve_circulant(&c, &b, &x, NULL, &how));
    for (size_t t = 0; t < BATCH; t++) {
        assert_int_equal(t == 1 ? RTK_INFO_NOT_FINITE : 0, info[t]);
        for (size_t e = 0; e < (size_t)2 * N; e++)
            assert_int_equal(t == 1 || (t == 2 && e % 2 == 0),
                             isnan(creall(lab_get(&x, t, e / 2, e % 2))));
    }
    lab_free(&c), lab_free(&b), lab_free(&x);
}

/* ---- All -------------------------------------------------------------------
 */

typedef rtk_status call(const rtk_array *c, const rtk_array *x,
                        const rtk_array *y, const rtk_linalg_options *how);

static rtk_status call_product(const rtk_array *c, const rtk_array *x,
                               const rtk_array *y,
                               const rtk_linalg_options *how) {
    return rtk_matmul_toeplitz(c, NULL, x, y, how);
}

static rtk_status call_solution(const rtk_array *c, const rtk_array *x,
                                const rtk_array *y,
                                const rtk_linalg_options *how) {
    return rtk_solve_toeplitz(c, NULL, x, y, how);
}

static rtk_status call_circulant(const rtk_array *c, const rtk_array *x,
                                 const rtk_array *y,
                                 const rtk_linalg_options *how) {
    return rtk_solve_circulant(c, x, y, NULL, how);
}

static call *const calls[] = {call_product, call_solution, call_circulant};
enum { CALLS = sizeof calls / sizeof *calls };

/* Also more than any library has. */
static void blas_threads_do_not_matter(void **state) {
    enum { N = 20, BYTES = 2 * N * N * 8 };
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, 2, N);
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, 2, N, N);
    rtk_array y[2] = {lab_new(RTK_DOUBLE, LAB_ROWS, 2, N, N),
                      lab_new(RTK_DOUBLE, LAB_ROWS, 2, N, N)};
    (void)state;
    lab_fill(&c, 1, false), lab_fill(&x, 2, false);
    dominate(&c);
    for (int i = 0; i < CALLS; i++) {
        for (int asked = 0; asked < 2; asked++) {
            rtk_linalg_options how = by(1, NULL);
            int used = 7;
            how.blas_threads = asked * 100000;
            how.effective_blas = &used;
            assert_int_equal(RTK_OK, calls[i](&c, &x, &y[asked], &how));
            assert_int_equal(1, used);
        }
        assert_memory_equal(y[0].data, y[1].data, BYTES);
    }
    lab_free(&c), lab_free(&x), lab_free(&y[0]), lab_free(&y[1]);
}

static void bits_do_not_depend_on_workers(void **state) {
    enum { MANY = 17, N = 120, K = 6, BYTES = MANY * N * K * 8 };
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, MANY, N);
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, MANY, N, K);
    rtk_array y[2] = {lab_new(RTK_DOUBLE, LAB_ROWS, MANY, N, K),
                      lab_new(RTK_DOUBLE, LAB_ROWS, MANY, N, K)};
    unsigned effective[2] = {0, 0};
    (void)state;
    lab_fill(&c, 1, false), lab_fill(&x, 2, false);
    dominate(&c);
    for (int i = 0; i < CALLS; i++) {
        for (int w = 0; w < 2; w++) {
            rtk_linalg_options how = by(w ? 3 : 1, NULL);
            how.effective = &effective[w];
            assert_int_equal(RTK_OK, calls[i](&c, &x, &y[w], &how));
        }
        assert_int_equal(1, effective[0]);
        assert_true(effective[1] > 1);
        assert_memory_equal(y[0].data, y[1].data, BYTES);
    }
    lab_free(&c), lab_free(&x), lab_free(&y[0]), lab_free(&y[1]);
}

static void what_does_not_fit_is_refused(void **state) {
    rtk_array c = vectors(RTK_DOUBLE, LAB_ROWS, 2, 4), wrong = c, huge = c;
    rtk_array x = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 4, 3), thin = x, wide = x;
    rtk_array y = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 4, 3), single = y;
    rtk_circulant_details bad = {.size = sizeof bad, .tolerance = NAN};
    (void)state;
    wrong.shape[0] = 1, thin.shape[1] = 3, single.number = RTK_FLOAT;
    huge.shape[1] = wide.shape[1] = INT_MAX / 2;
    huge.stride[1] = wide.stride[1] = 0;
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(RTK_EINVAL, calls[i](&wrong, &x, &y, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](&c, &thin, &y, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](&c, &x, &thin, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](&c, &x, &single, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](NULL, &x, &y, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](&c, NULL, &y, NULL));
        assert_int_equal(RTK_EINVAL, calls[i](&c, &x, NULL, NULL));
    }
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_matmul_toeplitz(&c, &huge, &wide, &y, NULL));
    assert_int_equal(RTK_EINVAL, rtk_solve_circulant(&c, &x, &y, &bad, NULL));
    lab_free(&c), lab_free(&x), lab_free(&y);
}

/* ---- SciPy -----------------------------------------------------------------
 */

static rtk_array read_matrix(const json_t *of, const char *name, size_t rows,
                             size_t columns) {
    static const char *const names[] = {"float", "double", "complex64",
                                        "complex128"};
    rtk_number number = RTK_DOUBLE;
    size_t count;
    for (int i = 0; i < LAB_NUMBERS; i++)
        if (!strcmp(names[i], rtk_expected_text(of, "number")))
            number = lab_numbers[i];
    double *x = rtk_expected_numbers(of, name, &count);
    size_t parts = rtk_number_is_complex(number) ? 2 : 1;
    assert_int_equal(rows * columns * parts, count);
    rtk_array a = lab_new(number, LAB_ROWS, 1, rows, columns);
    for (size_t i = 0; i < rows * columns; i++)
        lab_put(&a, 0, i / columns, i % columns, x[parts * i],
                parts == 2 ? x[2 * i + 1] : 0);
    free(x);
    return a;
}

static rtk_array read_vector(const json_t *of, const char *name, size_t n) {
    rtk_array a = read_matrix(of, name, n, 1);
    a.rank = 2;
    return a;
}

static rtk_status answer(const json_t *of, const rtk_array *c,
                         const rtk_array *x, const rtk_array *y) {
    const char *operation = rtk_expected_text(of, "operation");
    if (!strcmp(operation, "circulant")) {
        rtk_circulant_details how = {.size = sizeof how, .least_squares = 1};
        int info;
        rtk_linalg_options options = by(1, &info);
        how.tolerance = rtk_expected_int(of, "singular") ? 1e-4 : 0;
        rtk_status s = rtk_solve_circulant(c, x, y, &how, &options);
        assert_int_equal(rtk_expected_int(of, "singular"), info > 0);
        return s;
    }
    bool both = rtk_expected_int(of, "both");
    rtk_array r = read_vector(of, "r", (size_t)rtk_expected_int(of, "n"));
    rtk_status s = !strcmp(operation, "product")
                       ? rtk_matmul_toeplitz(c, both ? &r : NULL, x, y, NULL)
                       : rtk_solve_toeplitz(c, both ? &r : NULL, x, y, NULL);
    lab_free(&r);
    return s;
}

static void answers_are_scipys(void **state) {
    json_t *cases = rtk_expected_cases("linalg/test/expected/toeplitz");
    size_t index;
    json_t *of;
    (void)state;
    json_array_foreach(cases, index, of) {
        size_t m = (size_t)rtk_expected_int(of, "m");
        size_t n = (size_t)rtk_expected_int(of, "n");
        size_t k = (size_t)rtk_expected_int(of, "k");
        rtk_array c = read_vector(of, "c", m), x = read_matrix(of, "x", n, k);
        rtk_array want = read_matrix(of, "y", m, k);
        rtk_array y = lab_new(c.number, LAB_COLUMNS, 1, m, k);
        assert_int_equal(RTK_OK, answer(of, &c, &x, &y));
        long double size = lab_worse(lab_size(&want, 0), 1), worst = 0;
        for (size_t i = 0; i < m * k; i++)
            worst = lab_worse(worst, cabsl(lab_get(&y, 0, i / k, i % k) -
                                           lab_get(&want, 0, i / k, i % k)));
        assert_true(worst <= 300 * size * lab_epsilon(c.number));
        lab_free(&c), lab_free(&x), lab_free(&y), lab_free(&want);
    }
    assert_true(index > 40);
    json_decref(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_the_sums),
        cmocka_unit_test(products_of_whole_numbers_round_to_the_exact_ones),
        cmocka_unit_test(one_matrix_may_serve_a_batch_and_x_may_be_y),
        cmocka_unit_test(a_nan_stays_in_its_column),
        cmocka_unit_test(solutions_solve),
        cmocka_unit_test(what_cannot_be_solved_is_said_of_it_alone),
        cmocka_unit_test(circulant_systems_are_solved),
        cmocka_unit_test(eigenvalues_of_zero_are_counted),
        cmocka_unit_test(infinities_spoil_the_matrix_or_the_column),
        cmocka_unit_test(blas_threads_do_not_matter),
        cmocka_unit_test(bits_do_not_depend_on_workers),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(answers_are_scipys),
    };
    return RTK_RUN(tests);
}
