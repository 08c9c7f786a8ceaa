/* Each operation on each number and order of memory, judged by what its results
 * must fulfil, in long double. */
#include "kernels/linalg/test/linalg_lab.h"

enum { BATCH = 3 };

/* Errors grow with lengths; matrices here are well-conditioned, or the error is
 * one of residuals. */
static void assert_small(long double error, long double size, size_t n,
                         rtk_number number) {
    long double limit = 30 * (long double)n * lab_epsilon(number) * size;
    if (!(error <= limit))
        print_message("error %Lg, limit %Lg, n %zu, number %d\n", error, limit,
                      n, (int)number);
    assert_true(error <= limit);
}

typedef struct setting {
    rtk_number number;
    lab_order in, out;
    size_t m, n;
} setting;

typedef void judge(const setting *s);

static const size_t lengths[][2] = {{1, 1}, {2, 2}, {5, 5},   {7, 3},  {3, 7},
                                    {1, 6}, {6, 1}, {18, 18}, {20, 6}, {6, 20}};

static void for_all(judge *check, bool square) {
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (int number = 0; number < LAB_NUMBERS; number++)
            for (int order = 0; order < LAB_ORDERS; order++) {
                setting s = {lab_numbers[number], (lab_order)order,
                             (lab_order)((order + number) % LAB_ORDERS),
                             lengths[l][0], lengths[l][1]};
                if (square && s.m != s.n) continue;
                check(&s);
            }
}

static rtk_array input(const setting *s, size_t rows, size_t columns,
                       uint64_t seed) {
    rtk_array a = lab_new(s->number, s->in, BATCH, rows, columns);
    lab_fill(&a, seed, false);
    return a;
}

static rtk_array output(const setting *s, size_t rows, size_t columns) {
    return lab_new(s->number, s->out, BATCH, rows, columns);
}

static rtk_linalg_options two(int *info) {
    return (rtk_linalg_options){.size = sizeof(rtk_linalg_options),
                                .workers = 2,
                                .blas_threads = 1,
                                .info = info};
}

static void assert_done(const int *info) {
    for (int t = 0; t < BATCH; t++) assert_int_equal(0, info[t]);
}

/* x y against z. */
static long double apart(const rtk_array *x, const rtk_array *y,
                         const rtk_array *z, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < z->shape[1]; i++)
        for (size_t j = 0; j < z->shape[2]; j++)
            worst = lab_worse(worst, cabsl(lab_product(x, y, t, i, j, false) -
                                           lab_get(z, t, i, j)));
    return worst;
}

static void check_solve(const setting *s) {
    int info[BATCH] = {-7, -7, -7};
    rtk_array a = input(s, s->n, s->n, 1), b = input(s, s->n, 4, 2);
    rtk_array x = output(s, s->n, 4);
    for (size_t t = 0; t < BATCH; t++)
        for (size_t i = 0; i < s->n; i++)
            lab_put(&a, t, i, i, 2 * (double)s->n, 1);
    rtk_linalg_options o = two(info);
    assert_int_equal(RTK_OK, rtk_solve(&a, &b, &x, &o));
    assert_done(info);
    for (size_t t = 0; t < BATCH; t++)
        assert_small(apart(&a, &x, &b, t), 1, s->n, s->number);
    lab_free(&a), lab_free(&b), lab_free(&x);
}

/* Of the triangle times its conjugate. */
static lab_value squared(const rtk_array *l, int upper, size_t t, size_t i,
                         size_t j) {
    lab_value sum = 0;
    for (size_t k = 0; k < l->shape[1]; k++)
        sum += upper ? conjl(lab_get(l, t, k, i)) * lab_get(l, t, k, j)
                     : lab_get(l, t, i, k) * conjl(lab_get(l, t, j, k));
    return sum;
}

static void check_cholesky(const setting *s) {
    int info[BATCH] = {-7, -7, -7};
    rtk_array a = input(s, s->n, s->n, 3), l = output(s, s->n, s->n);
    rtk_linalg_options o = two(info);
    lab_mirror(&a, 2 * (double)s->n);
    for (o.upper = 0; o.upper < 2; o.upper++) {
        assert_int_equal(RTK_OK, rtk_cholesky(&a, &l, &o));
        assert_done(info);
        for (size_t t = 0; t < BATCH; t++)
            for (size_t i = 0; i < s->n; i++)
                for (size_t j = 0; j < s->n; j++) {
                    lab_value sum = squared(&l, o.upper, t, i, j);
                    assert_small(cabsl(sum - lab_get(&a, t, i, j)),
                                 2 * (long double)s->n, s->n, s->number);
                    if (o.upper ? i > j : i < j)
                        assert_true(lab_get(&l, t, i, j) == 0);
                }
    }
    lab_free(&a), lab_free(&l);
}

/* Row i of p a. */
static size_t moved(const int *pivots, size_t k, size_t i, size_t m) {
    size_t row[64];
    for (size_t r = 0; r < m; r++) row[r] = r;
    for (size_t r = 0; r < k; r++) {
        size_t other = (size_t)pivots[r], kept = row[r];
        assert_true(other >= r && other < m);
        row[r] = row[other];
        row[other] = kept;
    }
    return row[i];
}

static void check_lu(const setting *s) {
    int info[BATCH] = {-7, -7, -7}, pivots[BATCH * 40];
    size_t k = s->m < s->n ? s->m : s->n;
    rtk_array a = input(s, s->m, s->n, 5), f = output(s, s->m, s->n);
    rtk_linalg_options o = two(info);
    assert_int_equal(RTK_OK, rtk_lu(&a, &f, pivots, &o));
    assert_done(info);
    for (size_t t = 0; t < BATCH; t++)
        for (size_t i = 0; i < s->m; i++)
            for (size_t j = 0; j < s->n; j++) {
                lab_value sum = 0;
                for (size_t l = 0; l <= i && l <= j && l < k; l++)
                    sum += (l == i ? 1 : lab_get(&f, t, i, l)) *
                           lab_get(&f, t, l, j);
                size_t row = moved(pivots + t * k, k, i, s->m);
                assert_small(cabsl(sum - lab_get(&a, t, row, j)), 2, k + 1,
                             s->number);
            }
    lab_free(&a), lab_free(&f);
}

static void check_qr(const setting *s) {
    size_t k = s->m < s->n ? s->m : s->n;
    for (int full = 0; full < 2; full++) {
        int info[BATCH] = {-7, -7, -7};
        size_t rows = full ? s->m : k;
        rtk_array a = input(s, s->m, s->n, 7), q = output(s, s->m, rows);
        rtk_array r = output(s, rows, s->n), alone = output(s, rows, s->n);
        rtk_linalg_options o = two(info);
        lab_fill(&r, 1, false);
        assert_int_equal(RTK_OK, rtk_qr(&a, &q, &r, &o));
        assert_int_equal(RTK_OK, rtk_qr(&a, NULL, &alone, &o));
        assert_done(info);
        for (size_t t = 0; t < BATCH; t++) {
            assert_small(apart(&q, &r, &a, t), 1, s->m + s->n, s->number);
            assert_small(lab_skew(&q, t), 1, s->m, s->number);
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < s->n; j++) {
                    if (j < i) assert_true(lab_get(&r, t, i, j) == 0);
                    assert_true(lab_get(&r, t, i, j) ==
                                lab_get(&alone, t, i, j));
                }
        }
        lab_free(&a), lab_free(&q), lab_free(&r), lab_free(&alone);
    }
}

/* a v = v diag(w). */
static long double off(const rtk_array *a, const rtk_array *w,
                       const rtk_array *v, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < a->shape[1]; i++)
        for (size_t j = 0; j < a->shape[1]; j++)
            worst = lab_worse(worst,
                              cabsl(lab_product(a, v, t, i, j, false) -
                                    lab_get(v, t, i, j) * lab_get(w, t, j, 0)));
    return worst;
}

static void check_eigh(const setting *s) {
    int info[BATCH] = {-7, -7, -7};
    rtk_number real = rtk_number_real(s->number);
    rtk_array a = input(s, s->n, s->n, 9), v = output(s, s->n, s->n);
    rtk_array w = lab_vectors(real, BATCH, s->n);
    rtk_array alone = lab_vectors(real, BATCH, s->n);
    rtk_linalg_options o = two(info);
    lab_mirror(&a, 0);
    for (o.upper = 0; o.upper < 2; o.upper++) {
        assert_int_equal(RTK_OK, rtk_eigh(&a, &w, &v, &o));
        assert_done(info);
        assert_int_equal(RTK_OK, rtk_eigh(&a, &alone, NULL, &o));
        for (size_t t = 0; t < BATCH; t++) {
            long double size = (long double)s->n * lab_size(&a, t);
            assert_small(off(&a, &w, &v, t), size, 3, s->number);
            assert_small(lab_skew(&v, t), 1, s->n, s->number);
            for (size_t i = 0; i < s->n; i++) {
                long double here = creall(lab_get(&w, t, i, 0));
                if (i) assert_true(creall(lab_get(&w, t, i - 1, 0)) <= here);
                assert_small(fabsl(here - creall(lab_get(&alone, t, i, 0))),
                             size, 3, s->number);
            }
        }
    }
    lab_free(&a), lab_free(&v), free(w.data), free(alone.data);
}

static void check_eig(const setting *s) {
    int info[BATCH] = {-7, -7, -7};
    rtk_number wide = rtk_number_complex(s->number);
    rtk_array a = input(s, s->n, s->n, 11);
    rtk_array v = lab_new(wide, s->out, BATCH, s->n, s->n);
    rtk_array w = lab_vectors(wide, BATCH, s->n);
    rtk_array alone = lab_vectors(wide, BATCH, s->n);
    rtk_linalg_options o = two(info);
    assert_int_equal(RTK_OK, rtk_eig(&a, &w, &v, &o));
    assert_int_equal(RTK_OK, rtk_eig(&a, &alone, NULL, &o));
    assert_done(info);
    for (size_t t = 0; t < BATCH; t++) {
        lab_value trace = 0, sums[2] = {0, 0};
        assert_small(off(&a, &w, &v, t), (long double)s->n, 10, s->number);
        for (size_t j = 0; j < s->n; j++) {
            assert_small(fabsl(creall(lab_product(&v, &v, t, j, j, true)) - 1),
                         1, s->n, s->number);
            trace += lab_get(&a, t, j, j);
            sums[0] += lab_get(&w, t, j, 0);
            sums[1] += lab_get(&alone, t, j, 0);
        }
        for (int i = 0; i < 2; i++)
            assert_small(cabsl(sums[i] - trace), (long double)s->n, 10,
                         s->number);
    }
    lab_free(&a), lab_free(&v), free(w.data), free(alone.data);
}

/* u diag(s) vh against a. */
static long double rebuilt(const rtk_array *a, const rtk_array *u,
                           const rtk_array *s, const rtk_array *vh, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < a->shape[1]; i++)
        for (size_t j = 0; j < a->shape[2]; j++) {
            lab_value sum = -lab_get(a, t, i, j);
            for (size_t l = 0; l < s->shape[1]; l++)
                sum += lab_get(u, t, i, l) * lab_get(s, t, l, 0) *
                       lab_get(vh, t, l, j);
            worst = lab_worse(worst, cabsl(sum));
        }
    return worst;
}

static long double rows_skew(const rtk_array *vh, size_t t) {
    long double worst = 0;
    for (size_t i = 0; i < vh->shape[1]; i++)
        for (size_t j = 0; j < vh->shape[1]; j++) {
            lab_value sum = -(i == j);
            for (size_t l = 0; l < vh->shape[2]; l++)
                sum += lab_get(vh, t, i, l) * conjl(lab_get(vh, t, j, l));
            worst = lab_worse(worst, cabsl(sum));
        }
    return worst;
}

static void check_svd(const setting *s) {
    size_t k = s->m < s->n ? s->m : s->n;
    rtk_number real = rtk_number_real(s->number);
    for (int full = 0; full < 2; full++) {
        int info[BATCH] = {-7, -7, -7};
        rtk_array a = input(s, s->m, s->n, 13);
        rtk_array u = output(s, s->m, full ? s->m : k);
        rtk_array vh = output(s, full ? s->n : k, s->n);
        rtk_array d = lab_vectors(real, BATCH, k);
        rtk_array alone = lab_vectors(real, BATCH, k);
        rtk_linalg_options o = two(info);
        assert_int_equal(RTK_OK, rtk_svd(&a, &u, &d, &vh, &o));
        assert_int_equal(RTK_OK, rtk_svd(&a, NULL, &alone, NULL, &o));
        assert_done(info);
        for (size_t t = 0; t < BATCH; t++) {
            long double size = (long double)(s->m + s->n);
            assert_small(rebuilt(&a, &u, &d, &vh, t), size, 3, s->number);
            assert_small(lab_skew(&u, t), 1, s->m, s->number);
            assert_small(rows_skew(&vh, t), 1, s->n, s->number);
            for (size_t i = 0; i < k; i++) {
                long double here = creall(lab_get(&d, t, i, 0));
                assert_true(here >= 0);
                if (i) assert_true(creall(lab_get(&d, t, i - 1, 0)) >= here);
                assert_small(fabsl(here - creall(lab_get(&alone, t, i, 0))),
                             size, 3, s->number);
            }
        }
        lab_free(&a), lab_free(&u), lab_free(&vh), free(d.data),
            free(alone.data);
    }
}

/* a^H (a x - b) is zero, and so is what x has in the null space of a: there x
 * is a^H y. */
static void check_lstsq(const setting *s) {
    int info[BATCH] = {-7, -7, -7}, rank[BATCH] = {-7, -7, -7};
    size_t k = s->m < s->n ? s->m : s->n;
    rtk_array a = input(s, s->m, s->n, 15), b = input(s, s->m, 2, 16);
    rtk_array x = output(s, s->n, 2), rest = output(s, s->m, 2);
    rtk_array d = lab_vectors(rtk_number_real(s->number), BATCH, k);
    rtk_lstsq_details details = {.size = sizeof details, .rank = rank, .s = &d};
    rtk_linalg_options o = two(info);
    assert_int_equal(RTK_OK, rtk_lstsq(&a, &b, &x, &details, &o));
    assert_done(info);
    for (size_t t = 0; t < BATCH; t++) {
        assert_int_equal(k, rank[t]);
        long double big = lab_worse(lab_size(&x, t), 1);
        long double size = big * (long double)(s->m * s->n);
        for (size_t j = 0; j < 2; j++)
            for (size_t i = 0; i < s->n; i++) {
                lab_value sum = 0;
                for (size_t l = 0; l < s->m; l++)
                    sum += conjl(lab_get(&a, t, l, i)) *
                           (lab_product(&a, &x, t, l, j, false) -
                            lab_get(&b, t, l, j));
                assert_small(cabsl(sum), size, 10, s->number);
            }
    }
    lab_free(&a), lab_free(&b), lab_free(&x), lab_free(&rest), free(d.data);
}

#define FACT(name, check, square)                                              \
    static void name(void **state) {                                           \
        (void)state;                                                           \
        for_all(check, square);                                                \
    }
FACT(solutions_fulfil_their_equations, check_solve, true)
FACT(factors_of_cholesky_multiply_to_the_matrix, check_cholesky, true)
FACT(factors_and_pivots_of_lu_multiply_to_the_matrix, check_lu, false)
FACT(q_is_orthogonal_and_q_r_the_matrix, check_qr, false)
FACT(hermitian_vectors_are_orthogonal_and_scaled_by_values, check_eigh, true)
FACT(vectors_are_scaled_by_their_values, check_eig, true)
FACT(singular_vectors_are_orthogonal_and_give_the_matrix, check_svd, false)
FACT(least_squares_leave_nothing_in_the_range, check_lstsq, false)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solutions_fulfil_their_equations),
        cmocka_unit_test(factors_of_cholesky_multiply_to_the_matrix),
        cmocka_unit_test(factors_and_pivots_of_lu_multiply_to_the_matrix),
        cmocka_unit_test(q_is_orthogonal_and_q_r_the_matrix),
        cmocka_unit_test(hermitian_vectors_are_orthogonal_and_scaled_by_values),
        cmocka_unit_test(vectors_are_scaled_by_their_values),
        cmocka_unit_test(singular_vectors_are_orthogonal_and_give_the_matrix),
        cmocka_unit_test(least_squares_leave_nothing_in_the_range),
    };
    return RTK_RUN(tests);
}
