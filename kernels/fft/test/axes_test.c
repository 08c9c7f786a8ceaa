/* Passes along any axes of arrays of any shape and stride, against the
 * definition in long double; equal bits whatever way the data takes. */

#include "kernels/fft/axes.h"

#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/fft/line_cache.h"
#include "kernels/fft/pass.h"

enum {
    AXES = 4,
    SIDE = 7,
    ROOM = 4096,
    CASES = 150,
    LARGE_BYTES = 7 << 20 /* beyond what is written past the caches */
};

static uint64_t seed;

static size_t below(size_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % n;
}

static double number(void) {
    return (double)below(2001) / 1000 - 1;
}

/* ---- Arrays ----------------------------------------------------------------
 */

/* An array that lies somewhere in memory of its own. */
typedef struct placed {
    rtk_array array;
    char *memory;
    size_t bytes;
} placed;

static void swap(size_t *a, size_t *b) {
    size_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Axes in random order in memory, with gaps between, some backwards, and
 * aligned to the element's numbers alone. */
static placed scatter(rtk_number n, size_t rank, const size_t *shape) {
    placed p = {.array = rtk_array_dense(n, rank, shape, NULL)};
    size_t order[AXES] = {0, 1, 2, 3}, step = rtk_number_bytes(n), start = 0;
    for (size_t i = rank; i > 1; i--) swap(&order[i - 1], &order[below(i)]);
    for (size_t i = 0; i < rank; i++) {
        size_t d = order[i];
        if (below(3) == 0) step += rtk_number_bytes(n);
        p.array.stride[d] = (ptrdiff_t)step;
        if (below(4) == 0) {
            p.array.stride[d] = -(ptrdiff_t)step;
            start += step * (shape[d] - 1);
        }
        step *= shape[d] ? shape[d] : 1;
    }
    size_t skew = rtk_number_bytes(rtk_number_real(n)) * below(4);
    p.bytes = step + skew;
    p.memory = calloc(1, p.bytes);
    assert_non_null(p.memory);
    p.array.data = p.memory + skew + start;
    return p;
}

static char *at(const rtk_array *a, size_t index) {
    char *x = a->data;
    for (size_t d = a->rank; d-- > 0;) {
        x += (ptrdiff_t)(index % a->shape[d]) * a->stride[d];
        index /= a->shape[d];
    }
    return x;
}

static long double real_at(rtk_number n, const char *x) {
    float f;
    double d;
    long double l;
    switch (n) {
    case RTK_FLOAT: memcpy(&f, x, sizeof f); return f;
    case RTK_DOUBLE: memcpy(&d, x, sizeof d); return (long double)d;
    default: memcpy(&l, x, sizeof l); return l;
    }
}

static long double complex get(const rtk_array *a, size_t index) {
    rtk_number n = rtk_number_real(a->number);
    const char *x = at(a, index);
    long double re = real_at(n, x), im = 0;
    if (rtk_number_is_complex(a->number))
        im = real_at(n, x + rtk_number_bytes(n));
    return re + im * I;
}

static void fill(const rtk_array *a) {
    rtk_number n = rtk_number_real(a->number);
    size_t reals = rtk_number_is_complex(a->number) ? 2 : 1;
    for (size_t i = 0; i < rtk_array_count(a); i++)
        for (size_t k = 0; k < reals; k++) {
            char *x = at(a, i) + k * rtk_number_bytes(n);
            double v = number();
            float f = (float)v;
            long double l = (long double)v;
            if (n == RTK_FLOAT) memcpy(x, &f, sizeof f);
            if (n == RTK_DOUBLE) memcpy(x, &v, sizeof v);
            if (n == RTK_LONG_DOUBLE) memcpy(x, &l, sizeof l);
        }
}

static void same_numbers(const rtk_array *to, const rtk_array *from) {
    for (size_t i = 0; i < rtk_array_count(to); i++)
        memcpy(at(to, i), at(from, i), rtk_number_bytes(to->number));
}

/* Bytes of numbers, of which a long double fills 10 of 16. */
static bool equal(const rtk_array *a, const rtk_array *b) {
    rtk_number n = rtk_number_real(a->number);
    size_t bytes = n == RTK_LONG_DOUBLE ? 10 : rtk_number_bytes(n);
    size_t reals = rtk_number_is_complex(a->number) ? 2 : 1;
    bool same = true;
    for (size_t i = 0; i < rtk_array_count(a); i++)
        for (size_t k = 0; k < reals; k++)
            same &= memcmp(at(a, i) + k * rtk_number_bytes(n),
                           at(b, i) + k * rtk_number_bytes(n), bytes) == 0;
    return same;
}

/* ---- Definition ------------------------------------------------------------
 */

typedef struct dense {
    size_t shape[AXES];
    long double complex x[ROOM];
} dense;

static long double complex sum(const dense *from, size_t first, size_t step,
                               size_t have, size_t n, size_t k, int sign) {
    long double complex s = 0;
    for (size_t j = 0; j < have && j < n; j++) {
        long double angle = 2 * acosl(-1) * (long double)(j * k % n);
        s += from->x[first + j * step] * cexpl(sign * angle / n * I);
    }
    return s;
}

static void define(dense *a, size_t axis, size_t n, const rtk_fft_pass *pass) {
    static dense b;
    size_t step = 1, outer = 1, have = a->shape[axis];
    int sign = pass->line->spec.kind == RTK_LINE_FORWARD ? -1 : 1;
    for (size_t d = axis + 1; d < AXES; d++) step *= a->shape[d];
    for (size_t d = 0; d < axis; d++) outer *= a->shape[d];
    memcpy(b.shape, a->shape, sizeof b.shape);
    b.shape[axis] = n;
    if (pass->conjugate_in)
        for (size_t i = 0; i < outer * have * step; i++)
            a->x[i] = conjl(a->x[i]);
    for (size_t o = 0; o < outer; o++)
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < step; i++) {
                long double complex y =
                    sum(a, o * have * step + i, step, have, n, k, sign);
                b.x[(o * n + k) * step + i] =
                    pass->conjugate_out ? conjl(y) : y;
            }
    *a = b;
}

/* ---- Cases -----------------------------------------------------------------
 */

typedef struct example {
    size_t rank, from[AXES], to[AXES];
    rtk_number real, in;
    rtk_fft_pass pass[AXES];
    size_t passes;
    double scale;
} example;

static const rtk_line *line(rtk_line_kind kind, rtk_number real, size_t n) {
    rtk_line_spec spec = {.kind = kind, .real = real, .n = n};
    const rtk_line *l = NULL;
    assert_int_equal(rtk_line_get(&l, &spec), RTK_OK);
    return l;
}

static example choose(void) {
    static const rtk_number reals[] = {RTK_FLOAT, RTK_DOUBLE, RTK_LONG_DOUBLE};
    example e = {.rank = 1 + below(AXES), .scale = number()};
    size_t order[AXES] = {0, 1, 2, 3};
    for (size_t d = 0; d < e.rank; d++)
        e.from[d] = e.to[d] = 1 + below(below(3) ? SIDE : 2);
    e.real = reals[below(3)];
    e.in = below(4) ? rtk_number_complex(e.real) : e.real;
    for (size_t i = e.rank; i > 1; i--) swap(&order[i - 1], &order[below(i)]);
    e.passes = 1 + below(e.rank);
    for (size_t i = 0; i < e.passes; i++) {
        size_t d = order[i];
        if (below(3) == 0) e.to[d] = 1 + below(SIDE);
        e.pass[i] = (rtk_fft_pass){
            .line = line(below(2) ? RTK_LINE_FORWARD : RTK_LINE_BACKWARD,
                         e.real, e.to[d]),
            .axis = d,
            .conjugate_in = i == 0 && below(4) == 0,
            .conjugate_out = i + 1 == e.passes && below(4) == 0,
        };
    }
    return e;
}

static void put_lines(const example *e) {
    for (size_t i = 0; i < e->passes; i++) rtk_line_put(e->pass[i].line);
}

static rtk_status run(const example *e, const rtk_array *in,
                      const rtk_array *out, int64_t workers) {
    rtk_fft_job job = {.in = in,
                       .out = out,
                       .passes = e->pass,
                       .n_passes = e->passes,
                       .scale = (long double)e->scale};
    return rtk_fft_axes(&job, workers, NULL);
}

static void expect(const example *e, const rtk_array *in, dense *to) {
    for (size_t d = 0; d < AXES; d++)
        to->shape[d] = d < e->rank ? e->from[d] : 1;
    for (size_t i = 0; i < rtk_array_count(in); i++) to->x[i] = get(in, i);
    for (size_t i = 0; i < e->passes; i++)
        define(to, e->pass[i].axis, e->to[e->pass[i].axis], &e->pass[i]);
    for (size_t i = 0; i < ROOM; i++) to->x[i] *= (long double)e->scale;
}

static void check(const example *e, const rtk_array *out, const dense *want) {
    static const double tolerance[] = {
        [RTK_FLOAT] = 1e-4, [RTK_DOUBLE] = 1e-12, [RTK_LONG_DOUBLE] = 1e-15};
    for (size_t i = 0; i < rtk_array_count(out); i++) {
        double off = (double)cabsl(get(out, i) - want->x[i]);
        if (!(off <= tolerance[e->real] * 100))
            fail_msg("element %zu is %g off", i, off);
    }
}

static void any_axes_and_strides_agree_with_the_definition(void **state) {
    static dense want;
    (void)state;
    seed = 1;
    for (size_t i = 0; i < CASES; i++) {
        example e = choose();
        rtk_number n = rtk_number_complex(e.real);
        placed in = scatter(e.in, e.rank, e.from);
        placed out = scatter(n, e.rank, e.to);
        placed again = scatter(n, e.rank, e.to);
        fill(&in.array);
        expect(&e, &in.array, &want);
        char *kept = malloc(in.bytes);
        assert_non_null(kept);
        memcpy(kept, in.memory, in.bytes);
        assert_int_equal(run(&e, &in.array, &out.array, 1), RTK_OK);
        check(&e, &out.array, &want);
        for (int64_t workers = 2; workers <= 8; workers += 3) {
            assert_int_equal(run(&e, &in.array, &again.array, workers), RTK_OK);
            assert_true(equal(&again.array, &out.array));
        }
        assert_memory_equal(kept, in.memory, in.bytes);
        put_lines(&e);
        free(kept);
        free(in.memory);
        free(out.memory);
        free(again.memory);
    }
}

/* The input in the output's place, or overlapping it otherwise. */
static void in_place_gives_the_same_bits(void **state) {
    (void)state;
    seed = 2;
    for (size_t i = 0; i < CASES; i++) {
        example e = choose();
        rtk_number n = rtk_number_complex(e.real);
        bool fits = e.in == n && memcmp(e.from, e.to, sizeof e.to) == 0;
        placed in = scatter(n, e.rank, e.from);
        if (fits) {
            placed out = scatter(n, e.rank, e.to);
            fill(&in.array);
            assert_int_equal(run(&e, &in.array, &out.array, 1), RTK_OK);
            assert_int_equal(run(&e, &in.array, &in.array, 2), RTK_OK);
            assert_true(equal(&in.array, &out.array));
            free(out.memory);
        }
        put_lines(&e);
        free(in.memory);
    }
}

static void an_overlapping_input_is_read_before_it_is_lost(void **state) {
    enum { N = 12, APART = 5 };
    double _Complex x[N + APART], kept[N], want[N];
    size_t shape[] = {N};
    (void)state;
    example e = {.rank = 1, .real = RTK_DOUBLE, .passes = 1, .scale = 1};
    e.pass[0].line = line(RTK_LINE_FORWARD, RTK_DOUBLE, N);
    for (size_t i = 0; i < N + APART; i++) x[i] = number() + number() * I;
    memcpy(kept, x, sizeof kept);
    rtk_array in = rtk_array_dense(RTK_DOUBLE_COMPLEX, 1, shape, kept);
    rtk_array out = rtk_array_dense(RTK_DOUBLE_COMPLEX, 1, shape, want);
    assert_int_equal(run(&e, &in, &out, 1), RTK_OK);
    in.data = x;
    out.data = x + APART;
    assert_int_equal(run(&e, &in, &out, 1), RTK_OK);
    assert_memory_equal(x + APART, want, sizeof want);
    put_lines(&e);
}

/* ---- Arrays that the caches do not hold ------------------------------------
 */

/* Rows and columns of an array large enough to be fetched and streamed; once
 * aligned to cache lines, once to numbers alone. */
static void large(rtk_number real, size_t axis) {
    rtk_number n = rtk_number_complex(real);
    size_t shape[] = {LARGE_BYTES / rtk_number_bytes(n) / 1024 + 1, 1024};
    size_t bytes = shape[0] * shape[1] * rtk_number_bytes(n);
    size_t skew = rtk_number_bytes(real);
    char *in = aligned_alloc(64, bytes), *out = aligned_alloc(64, bytes);
    char *again = aligned_alloc(64, bytes + 64);
    assert_true(in && out && again);
    rtk_array a = rtk_array_dense(n, 2, shape, in);
    rtk_array b = rtk_array_dense(n, 2, shape, out);
    rtk_array c = rtk_array_dense(n, 2, shape, again + skew);
    example e = {.rank = 2, .real = real, .passes = 1, .scale = 0.5};
    e.pass[0] = (rtk_fft_pass){
        .line = line(RTK_LINE_BACKWARD, real, shape[axis]), .axis = axis};
    fill(&a);
    assert_int_equal(run(&e, &a, &b, 1), RTK_OK);
    same_numbers(&c, &a);
    assert_int_equal(run(&e, &c, &c, 3), RTK_OK);
    assert_true(equal(&b, &c));
    put_lines(&e);
    free(in);
    free(out);
    free(again);
}

static void large_arrays_have_the_same_bits_wherever_they_lie(void **state) {
    (void)state;
    seed = 3;
    for (size_t axis = 0; axis < 2; axis++) {
        large(RTK_FLOAT, axis);
        large(RTK_DOUBLE, axis);
        large(RTK_LONG_DOUBLE, axis);
    }
}

/* 2^34 columns of 2 points, in blocks that are 2^36 elements apart. */
static void more_than_two_to_the_31_lines_are_counted(void **state) {
    (void)state;
    rtk_array a = {.number = RTK_FLOAT_COMPLEX,
                   .rank = 3,
                   .shape = {3, 2, (size_t)1 << 34},
                   .stride = {(ptrdiff_t)1 << 39, (ptrdiff_t)1 << 37, 8}};
    rtk_fft_pass asked = {.line = line(RTK_LINE_FORWARD, RTK_FLOAT, 2),
                          .axis = 1};
    rtk_pass_flow flow = {.read = SIZE_MAX, .written = SIZE_MAX};
    rtk_pass p = rtk_pass_make(&asked, &a, &a, 1, &flow);
    assert_int_equal(p.columns, RTK_TILE);
    assert_int_equal(p.tiles, (size_t)1 << 30);
    assert_int_equal(p.units, (size_t)3 << 30);
    assert_int_equal(p.loops, 1);
    assert_true(p.loop[0].from == (ptrdiff_t)1 << 39);
    rtk_line_put(asked.line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_axes_and_strides_agree_with_the_definition),
        cmocka_unit_test(in_place_gives_the_same_bits),
        cmocka_unit_test(an_overlapping_input_is_read_before_it_is_lost),
        cmocka_unit_test(large_arrays_have_the_same_bits_wherever_they_lie),
        cmocka_unit_test(more_than_two_to_the_31_lines_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
