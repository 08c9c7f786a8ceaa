/* SciPy's answers: kernels/linalg/test/expected/linalg.py. */
#include "kernels/linalg/test/linalg_lab.h"

#include "kernels/test/expected.h"

/* A matrix of a case, as a batch of one. */
static rtk_array read_matrix(const json_t *of, const char *name,
                             rtk_number number, size_t rows, size_t columns) {
    size_t count;
    double *x = rtk_expected_numbers(of, name, &count);
    rtk_array a = lab_new(number, LAB_GAPS, 1, rows, columns);
    size_t parts = rtk_number_is_complex(number) ? 2 : 1;
    assert_int_equal(rows * columns * parts, count);
    for (size_t i = 0; i < rows * columns; i++)
        lab_put(&a, 0, i / columns, i % columns, x[parts * i],
                parts == 2 ? x[2 * i + 1] : 0);
    free(x);
    return a;
}

/* Compared relative to the largest element that is expected. */
static void assert_near(const rtk_array *got, const json_t *of,
                        const char *name, size_t rows, size_t columns) {
    rtk_array want = read_matrix(of, name, got->number, rows, columns);
    long double size = lab_worse(lab_size(&want, 0), 1), worst = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            worst = lab_worse(
                worst, cabsl(lab_get(got, 0, i, j) - lab_get(&want, 0, i, j)));
    if (!(worst <= 3000 * lab_epsilon(got->number) * size))
        print_message("%s (%s, %zu x %zu) is off by %Lg of %Lg\n", name,
                      rtk_expected_text(of, "number"), rows, columns, worst,
                      size);
    assert_true(worst <= 3000 * lab_epsilon(got->number) * size);
    lab_free(&want);
}

static rtk_number number_of(const json_t *of) {
    static const char *const names[] = {"float", "double", "complex64",
                                        "complex128"};
    for (int i = 0; i < LAB_NUMBERS; i++)
        if (!strcmp(names[i], rtk_expected_text(of, "number")))
            return lab_numbers[i];
    fail();
    return RTK_DOUBLE;
}

/* x y, or with `adjoint` x^H y, or with `outer` x y^H. */
typedef enum kind { PLAIN, ADJOINT, OUTER } kind;

static rtk_array product(const rtk_array *x, const rtk_array *y, kind how) {
    size_t rows = x->shape[how == ADJOINT ? 2 : 1];
    size_t columns = y->shape[how == OUTER ? 1 : 2];
    rtk_array p = lab_new(x->number, LAB_ROWS, 1, rows, columns);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            lab_value sum = 0;
            if (how != OUTER) sum = lab_product(x, y, 0, i, j, how == ADJOINT);
            for (size_t l = 0; how == OUTER && l < x->shape[2]; l++)
                sum += lab_get(x, 0, i, l) * conjl(lab_get(y, 0, j, l));
            lab_put(&p, 0, i, j, (double)creall(sum), (double)cimagl(sum));
        }
    return p;
}

static rtk_array column(const rtk_array *vectors) {
    rtk_array a = *vectors;
    a.rank = 3;
    a.shape[2] = 1;
    a.stride[2] = (ptrdiff_t)rtk_number_bytes(a.number);
    return a;
}

static void near_and_free(rtk_array a, const json_t *of, const char *name) {
    assert_near(&a, of, name, a.shape[1], a.shape[2]);
    lab_free(&a);
}

/* ---- Rectangular matrices --------------------------------------------------
 */

static void compare_qr(const json_t *of, const rtk_array *a, size_t m,
                       size_t n) {
    size_t k = m < n ? m : n;
    rtk_array q = lab_new(a->number, LAB_COLUMNS, 1, m, k);
    rtk_array r = lab_new(a->number, LAB_ROWS, 1, k, n);
    assert_int_equal(RTK_OK, rtk_qr(a, &q, &r, NULL));
    near_and_free(product(&r, &r, ADJOINT), of, "r_gram");
    near_and_free(product(&q, &q, OUTER), of, "range");
    lab_free(&q), lab_free(&r);
}

static void compare_svd(const json_t *of, const rtk_array *a, size_t m,
                        size_t n) {
    size_t k = m < n ? m : n;
    rtk_array u = lab_new(a->number, LAB_COLUMNS, 1, m, k);
    rtk_array vh = lab_new(a->number, LAB_ROWS, 1, k, n);
    rtk_array s = lab_vectors(rtk_number_real(a->number), 1, k);
    assert_int_equal(RTK_OK, rtk_svd(a, &u, &s, &vh, NULL));
    rtk_array values = column(&s);
    assert_near(&values, of, "s", k, 1);
    near_and_free(product(&u, &vh, PLAIN), of, "polar");
    lab_free(&u), lab_free(&vh), free(s.data);
}

static void compare_lu(const json_t *of, const rtk_array *a, size_t m,
                       size_t n) {
    size_t k = m < n ? m : n;
    int got[16];
    double *want = rtk_expected_numbers(of, "pivots", NULL);
    rtk_array lu = lab_new(a->number, LAB_BACKWARDS, 1, m, n);
    assert_int_equal(RTK_OK, rtk_lu(a, &lu, got, NULL));
    for (size_t i = 0; i < k; i++) assert_int_equal(want[i], got[i]);
    near_and_free(lu, of, "lu");
    free(want);
}

static void compare_lstsq(const json_t *of, const rtk_array *a, double rcond) {
    size_t m = (size_t)rtk_expected_int(of, "m");
    size_t n = (size_t)rtk_expected_int(of, "n");
    size_t k = (size_t)rtk_expected_int(of, "k");
    int rank = -7;
    rtk_array b = read_matrix(of, "b", a->number, m, k);
    rtk_array x = lab_new(a->number, LAB_ROWS, 1, n, k);
    rtk_array s = lab_vectors(rtk_number_real(a->number), 1, m < n ? m : n);
    rtk_lstsq_details details = {
        .size = sizeof details, .rcond = rcond, .rank = &rank, .s = &s};
    assert_int_equal(RTK_OK, rtk_lstsq(a, &b, &x, &details, NULL));
    assert_int_equal(rtk_expected_int(of, "rank"), rank);
    rtk_array values = column(&s);
    assert_near(&values, of, "s", m < n ? m : n, 1);
    near_and_free(x, of, "x");
    lab_free(&b), free(s.data);
}

static void rectangular(const json_t *of) {
    size_t m = (size_t)rtk_expected_int(of, "m");
    size_t n = (size_t)rtk_expected_int(of, "n");
    rtk_array a = read_matrix(of, "a", number_of(of), m, n);
    compare_qr(of, &a, m, n);
    compare_svd(of, &a, m, n);
    compare_lu(of, &a, m, n);
    compare_lstsq(of, &a, 0);
    lab_free(&a);
}

static void deficient(const json_t *of) {
    rtk_array a = read_matrix(of, "a", number_of(of), 6, 5);
    compare_lstsq(of, &a, 1e-4);
    lab_free(&a);
}

/* ---- Square matrices -------------------------------------------------------
 */

static void compare_solve(const json_t *of, rtk_number number, size_t n) {
    size_t k = (size_t)rtk_expected_int(of, "k");
    rtk_array a = read_matrix(of, "a", number, n, n);
    rtk_array b = read_matrix(of, "b", number, n, k);
    rtk_array x = lab_new(number, LAB_COLUMNS, 1, n, k);
    assert_int_equal(RTK_OK, rtk_solve(&a, &b, &x, NULL));
    near_and_free(x, of, "x");
    lab_free(&a), lab_free(&b);
}

static void compare_cholesky(const json_t *of, rtk_number number, size_t n) {
    rtk_array p = read_matrix(of, "p", number, n, n);
    rtk_linalg_options o = RTK_LINALG_OPTIONS;
    for (o.upper = 0; o.upper < 2; o.upper++) {
        rtk_array l = lab_new(number, LAB_COLUMNS, 1, n, n);
        assert_int_equal(RTK_OK, rtk_cholesky(&p, &l, &o));
        near_and_free(l, of, o.upper ? "upper" : "lower");
    }
    lab_free(&p);
}

static void compare_eigh(const json_t *of, rtk_number number, size_t n) {
    rtk_array h = read_matrix(of, "h", number, n, n);
    rtk_array v = lab_new(number, LAB_ROWS, 1, n, n);
    rtk_array scaled = lab_new(number, LAB_ROWS, 1, n, n);
    rtk_array w = lab_vectors(rtk_number_real(number), 1, n);
    assert_int_equal(RTK_OK, rtk_eigh(&h, &w, &v, NULL));
    rtk_array values = column(&w);
    assert_near(&values, of, "values", n, 1);
    for (size_t i = 0; i < n * n; i++) {
        lab_value x = lab_get(&v, 0, i / n, i % n) *
                      fabsl(creall(lab_get(&w, 0, i % n, 0)));
        lab_put(&scaled, 0, i / n, i % n, (double)creall(x), (double)cimagl(x));
    }
    near_and_free(product(&scaled, &v, OUTER), of, "square_root");
    lab_free(&h), lab_free(&v), lab_free(&scaled), free(w.data);
}

/* Values come in any order: each expected one must be near one of ours that was
 * not yet taken. */
static void compare_eig(const json_t *of, rtk_number number, size_t n) {
    rtk_number wide = rtk_number_complex(number);
    rtk_array a = read_matrix(of, "a", number, n, n);
    rtk_array want = read_matrix(of, "any_values", wide, n, 1);
    rtk_array w = lab_vectors(wide, 1, n);
    bool taken[16] = {false};
    assert_int_equal(RTK_OK, rtk_eig(&a, &w, NULL, NULL));
    for (size_t i = 0; i < n; i++) {
        size_t at = n;
        long double least = INFINITY;
        for (size_t j = 0; j < n; j++) {
            long double apart =
                cabsl(lab_get(&w, 0, j, 0) - lab_get(&want, 0, i, 0));
            if (taken[j] || !(apart < least)) continue;
            least = apart;
            at = j;
        }
        assert_true(at < n && least <= 1e4L * lab_epsilon(number));
        taken[at] = true;
    }
    lab_free(&a), lab_free(&want), free(w.data);
}

static void square(const json_t *of) {
    size_t n = (size_t)rtk_expected_int(of, "n");
    compare_solve(of, number_of(of), n);
    compare_cholesky(of, number_of(of), n);
    compare_eigh(of, number_of(of), n);
    compare_eig(of, number_of(of), n);
}

static void answers_are_scipys(void **state) {
    static const struct {
        const char *name;
        void (*compare)(const json_t *of);
    } kinds[] = {{"rectangular", rectangular},
                 {"square", square},
                 {"deficient", deficient}};
    json_t *cases = rtk_expected_cases("linalg/test/expected/linalg");
    size_t index, compared = 0;
    json_t *one;
    (void)state;
    json_array_foreach(cases, index, one) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strcmp(kinds[i].name, rtk_expected_text(one, "operation"))) {
                kinds[i].compare(one);
                compared++;
            }
    }
    assert_int_equal(json_array_size(cases), compared);
    json_decref(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_scipys)};
    return RTK_RUN(tests);
}
