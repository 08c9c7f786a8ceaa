/* Our own products and solutions, for each set of instructions that the CPU
 * has: products bit by bit, solutions by what they solve. */
#include "kernels/linalg/test/linalg_lab.h"

#include <string.h>

#include "kernels/array/stream.h"
#include "kernels/linalg/small_product.h"
#include "kernels/linalg/small_solve.h"

/* ---- Products --------------------------------------------------------------
 */

typedef void product_way(const rtk_small_operands *o);

static const struct {
    const char *needs;
    rtk_number number;
    product_way *run;
} products[] = {{"avx2", RTK_FLOAT, rtk_small_product_float_avx2},
                {"avx2", RTK_DOUBLE, rtk_small_product_double_avx2},
                {"avx512f", RTK_FLOAT, rtk_small_product_float_avx512},
                {"avx512f", RTK_DOUBLE, rtk_small_product_double_avx512}};

static bool has(const char *set) {
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (RTK_PLAIN_ONLY) return false;
    return !strcmp(set, "avx2") ? avx2 : __builtin_cpu_supports("avx512f");
}

/* Elements of both kinds, by index. */
static double get(rtk_number number, const void *x, ptrdiff_t i) {
    return number == RTK_FLOAT ? (double)((const float *)x)[i]
                               : ((const double *)x)[i];
}

static double expected(rtk_number number, const rtk_small_operands *o, size_t i,
                       size_t j, double before) {
    double wide = 0;
    float narrow = 0;
    for (size_t l = 0; l < o->k; l++) {
        double x = get(number, o->a,
                       (ptrdiff_t)i * o->a_down + (ptrdiff_t)l * o->a_across);
        double y = get(number, o->b, (ptrdiff_t)l * o->b_down + (ptrdiff_t)j);
        if (number == RTK_FLOAT)
            narrow = fmaf((float)x, (float)y, narrow);
        else
            wide = fma(x, y, wide);
    }
    if (number == RTK_FLOAT)
        return (double)(o->subtracts ? (float)before - narrow : narrow);
    return o->subtracts ? before - wide : wide;
}

static void *random_numbers(rtk_number number, size_t count, uint64_t seed) {
    void *x = malloc(count * rtk_number_bytes(number) + 1);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++) {
        double v = lab_random(&seed, false);
        if (number == RTK_FLOAT)
            ((float *)x)[i] = (float)v;
        else
            ((double *)x)[i] = v;
    }
    return x;
}

/* With numbers between the rows of all, which must stay as they are. */
static void multiply(size_t way, size_t m, size_t n, size_t k, bool turned,
                     bool subtracts) {
    enum { GAP = 3 };
    rtk_number number = products[way].number;
    size_t width = n + GAP, bytes = rtk_number_bytes(number);
    void *a = random_numbers(number, (m + GAP) * (k + GAP), 1);
    void *b = random_numbers(number, k * width, 2);
    void *c = random_numbers(number, m * width, 3);
    void *before = malloc(m * width * bytes);
    assert_non_null(before);
    memcpy(before, c, m * width * bytes);
    rtk_small_operands o = {.m = m,
                            .n = n,
                            .k = k,
                            .a = a,
                            .b = b,
                            .c = c,
                            .a_down = turned ? 1 : (ptrdiff_t)(k + GAP),
                            .a_across = turned ? (ptrdiff_t)(m + GAP) : 1,
                            .b_down = (ptrdiff_t)width,
                            .c_down = (ptrdiff_t)width,
                            .subtracts = subtracts};
    products[way].run(&o);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < width; j++) {
            double was = get(number, before, (ptrdiff_t)(i * width + j));
            assert_true(get(number, c, (ptrdiff_t)(i * width + j)) ==
                        (j < n ? expected(number, &o, i, j, was) : was));
        }
    free(a), free(b), free(c), free(before);
}

static void products_add_up_in_order_by_fused_operations(void **state) {
    static const size_t large[][3] = {
        {64, 33, 20}, {70, 48, 256}, {64, 40, 257}, {3, 100, 5}};
    bool any = false;
    (void)state;
    for (size_t way = 0; way < sizeof products / sizeof *products; way++) {
        if (!has(products[way].needs)) {
            print_message("left out: %s, which this CPU or lane has not\n",
                          products[way].needs);
            continue;
        }
        any = true;
        for (size_t m = 1; m <= 17; m++)
            for (size_t n = 1; n <= 34; n++)
                multiply(way, m, n, (m * n) % 7 + 1, n % 2, m % 2);
        for (size_t l = 0; l < sizeof large / sizeof *large; l++)
            multiply(way, large[l][0], large[l][1], large[l][2], l % 2, l > 1);
    }
    if (!any) skip();
}

/* ---- Solutions -------------------------------------------------------------
 */

static const struct {
    const char *needs;
    rtk_small_solve_way *run[2]; /* float, double */
} solutions[] = {
    {"", {rtk_small_solve_float, rtk_small_solve_double}},
    {"avx2", {rtk_small_solve_float_avx2, rtk_small_solve_double_avx2}},
    {"avx512f", {rtk_small_solve_float_avx512, rtk_small_solve_double_avx512}}};
enum { WAYS = sizeof solutions / sizeof *solutions };

static bool can(size_t way, size_t n) {
    if (n > RTK_SMALL_SOLVE_FEW && !has("avx2")) return false;
    return way == 0 || has(solutions[way].needs);
}

/* Rows as rtk_small_solve() wants them, zeros where nothing is. */
typedef struct equations {
    rtk_number number;
    size_t n, k, from, length;
    void *rows;
} equations;

static equations make(rtk_number number, size_t n, size_t k, uint64_t seed) {
    equations s = {.number = number, .n = n, .k = k};
    s.from = rtk_small_solve_padded(number, n);
    s.length = s.from + rtk_small_solve_padded(number, k);
    size_t bytes = n * s.length * rtk_number_bytes(number);
    s.rows =
        aligned_alloc(RTK_SMALL_SOLVE_BLOCK, bytes + RTK_SMALL_SOLVE_BLOCK -
                                                 bytes % RTK_SMALL_SOLVE_BLOCK);
    assert_non_null(s.rows);
    memset(s.rows, 0, bytes);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s.length; j++) {
            double x = lab_random(&seed, false);
            bool there = j < n || (j >= s.from && j < s.from + k);
            if (there && number == RTK_FLOAT)
                ((float *)s.rows)[i * s.length + j] = (float)x;
            else if (there)
                ((double *)s.rows)[i * s.length + j] = x;
        }
    return s;
}

static double entry(const equations *s, size_t i, size_t j) {
    return get(s->number, s->rows, (ptrdiff_t)(i * s->length + j));
}

/* The largest of |a x - b|, in roundings of |x| n. */
static double residual(const equations *given, const equations *solved) {
    double worst = 0, size = 1;
    for (size_t side = 0; side < given->k; side++)
        for (size_t i = 0; i < given->n; i++) {
            long double sum = 0;
            for (size_t j = 0; j < given->n; j++) {
                double x = entry(solved, j, given->from + side);
                sum += (long double)entry(given, i, j) * (long double)x;
                size = fmax(size, fabs(x));
            }
            double off = (double)fabsl(
                sum - (long double)entry(given, i, given->from + side));
            worst = off > worst || isnan(off) ? off : worst;
        }
    return worst / size / (double)given->n / (double)lab_epsilon(given->number);
}

static void solutions_solve_with_each_set_of_instructions(void **state) {
    static const size_t lengths[] = {1,  2,  3,  7,   8,   9,   16, 17,
                                     31, 32, 33, 40,  48,  49,  63, 64,
                                     65, 96, 97, 128, 143, 200, 256};
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t way = 0; way < WAYS; way++)
            for (int wide = 0; can(way, lengths[l]) && wide < 2; wide++)
                for (size_t k = 1; k < 20; k += 9) {
                    rtk_number number = wide ? RTK_DOUBLE : RTK_FLOAT;
                    equations given = make(number, lengths[l], k, l + 1);
                    equations solved = make(number, lengths[l], k, l + 1);
                    assert_int_equal(0, solutions[way].run[wide](
                                            solved.rows, lengths[l], k));
                    assert_true(residual(&given, &solved) < 30);
                    free(given.rows), free(solved.rows);
                }
}

static void few_equations_have_equal_bits_on_all_cpus(void **state) {
    (void)state;
    for (size_t n = 1; n <= RTK_SMALL_SOLVE_FEW; n++)
        for (int wide = 0; wide < 2; wide++) {
            rtk_number number = wide ? RTK_DOUBLE : RTK_FLOAT;
            equations plain = make(number, n, 3, n);
            assert_int_equal(0, solutions[0].run[wide](plain.rows, n, 3));
            for (size_t way = 1; way < WAYS; way++) {
                if (!can(way, n)) continue;
                equations other = make(number, n, 3, n);
                assert_int_equal(0, solutions[way].run[wide](other.rows, n, 3));
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < 3; j++)
                        assert_true(entry(&plain, i, plain.from + j) ==
                                    entry(&other, i, other.from + j));
                free(other.rows);
            }
            free(plain.rows);
        }
}

/* A column of zeros is found where it stands, whatever rows are exchanged. */
static void the_first_pivot_that_is_zero_is_told(void **state) {
    static const size_t lengths[] = {1, 5, 32, 33, 70, 150};
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t way = 0; way < WAYS; way++)
            for (size_t zero = 0; zero < lengths[l];
                 zero += 1 + lengths[l] / 5) {
                size_t n = lengths[l];
                if (!can(way, n)) continue;
                equations s = make(RTK_DOUBLE, n, 1, 4);
                for (size_t i = 0; i < n; i++)
                    ((double *)s.rows)[i * s.length + zero] = 0;
                assert_int_equal(zero + 1, solutions[way].run[1](s.rows, n, 1));
                free(s.rows);
            }
}

/* The inverse of such a pivot is infinite. */
static void pivots_that_have_no_inverse_are_divided_by(void **state) {
    double rows[2][16] = {{0x1p-1060, 0}, {0x1p-1061, 0x1p-1060}};
    _Alignas(64) double aligned[2][16];
    (void)state;
    rows[0][8] = 0x1p-1060, rows[1][8] = 0x1p-1060;
    for (size_t way = 0; way < WAYS; way++) {
        if (!can(way, 2)) continue;
        memcpy(aligned, rows, sizeof rows);
        assert_int_equal(0, solutions[way].run[1](aligned, 2, 1));
        assert_true(aligned[0][8] == 1 && aligned[1][8] == 0.5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_add_up_in_order_by_fused_operations),
        cmocka_unit_test(solutions_solve_with_each_set_of_instructions),
        cmocka_unit_test(few_equations_have_equal_bits_on_all_cpus),
        cmocka_unit_test(the_first_pivot_that_is_zero_is_told),
        cmocka_unit_test(pivots_that_have_no_inverse_are_divided_by),
    };
    return RTK_RUN(tests);
}
