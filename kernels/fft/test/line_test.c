/* Lines of every kind and precision against their definitions, summed in long
 * double: all short lengths whole, awkward long ones at some places. */

#include "kernels/fft/line_cache.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WHOLE = 64, SOME = 3, GUARD = 64 };

static const size_t awkward[] = {97,  101,  127,  128,  131,  255,  257,  360,
                                 509, 1000, 1009, 1018, 2003, 2047, 2048, 1563};
static const size_t large[] = {4093, 5120, 10007, 32768, 65537};

/* ---- Definitions -----------------------------------------------------------
 */

/* Number j of the input and k of the result meet under the sine or cosine of
 * (a j + b) (a' k + b') / turn whole turns. */
typedef struct angle {
    bool sine;
    size_t a, b, c, d, turn;
} angle;

static angle angle_of(rtk_line_kind kind, size_t n) {
    switch (kind) {
    case RTK_LINE_DCT1: return (angle){false, 1, 0, 1, 0, 2 * (n - 1)};
    case RTK_LINE_DCT2: return (angle){false, 2, 1, 1, 0, 4 * n};
    case RTK_LINE_DCT3: return (angle){false, 1, 0, 2, 1, 4 * n};
    case RTK_LINE_DCT4: return (angle){false, 2, 1, 2, 1, 8 * n};
    case RTK_LINE_DST1: return (angle){true, 1, 1, 1, 1, 2 * (n + 1)};
    case RTK_LINE_DST2: return (angle){true, 2, 1, 1, 1, 4 * n};
    case RTK_LINE_DST3: return (angle){true, 1, 1, 2, 1, 4 * n};
    case RTK_LINE_DST4: return (angle){true, 2, 1, 2, 1, 8 * n};
    default: return (angle){false, 1, 0, 1, 0, n};
    }
}

static long double turned(size_t part, size_t whole, bool sine) {
    long double x = 2 * acosl(-1) * (long double)part / (long double)whole;
    return sine ? sinl(x) : cosl(x);
}

/* How often number j counts in a sum: those at the ends of types I and III
 * once, all others twice. */
static long double weight(rtk_line_kind kind, size_t n, size_t j) {
    if (kind <= RTK_LINE_C2R) return 1;
    if (kind == RTK_LINE_DCT1) return j == 0 || j == n - 1 ? 1 : 2;
    if (kind == RTK_LINE_DCT3) return j == 0 ? 1 : 2;
    if (kind == RTK_LINE_DST3) return j == n - 1 ? 1 : 2;
    return 2;
}

static long double get(rtk_number real, const void *from, size_t i) {
    if (real == RTK_FLOAT) return (long double)((const float *)from)[i];
    if (real == RTK_DOUBLE) return (long double)((const double *)from)[i];
    return ((const long double *)from)[i];
}

static void put(rtk_number real, void *to, size_t i, long double x) {
    if (real == RTK_FLOAT)
        ((float *)to)[i] = (float)x;
    else if (real == RTK_DOUBLE)
        ((double *)to)[i] = (double)x;
    else
        ((long double *)to)[i] = x;
}

typedef struct number {
    long double re, im;
} number;

/* Number j of a line's logical input. */
static number input(const rtk_line *l, const void *in, size_t j) {
    rtk_number real = l->spec.real;
    size_t n = l->spec.n;
    if (l->spec.kind <= RTK_LINE_BACKWARD)
        return (number){get(real, in, 2 * j), get(real, in, 2 * j + 1)};
    if (l->spec.kind != RTK_LINE_C2R) return (number){get(real, in, j), 0};
    size_t k = j <= n / 2 ? j : n - j;
    bool alone = k == 0 || 2 * k == n;
    long double im = alone ? 0 : get(real, in, 2 * k + 1);
    return (number){get(real, in, 2 * k), j == k ? im : -im};
}

static number defined(const rtk_line *l, const void *in, size_t k) {
    rtk_line_kind kind = l->spec.kind;
    angle a = angle_of(kind, l->spec.n);
    bool back = kind == RTK_LINE_BACKWARD || kind == RTK_LINE_C2R;
    number sum = {0, 0};
    for (size_t j = 0; j < l->spec.n; j++) {
        size_t part = (a.a * j + a.b) * (a.c * k + a.d) % a.turn;
        number x = input(l, in, j);
        long double w = weight(kind, l->spec.n, j);
        long double c = w * turned(part, a.turn, a.sine), s = 0;
        if (kind <= RTK_LINE_C2R)
            s = turned(part, a.turn, true) * (back ? 1 : -1);
        sum.re += x.re * c - x.im * s;
        sum.im += x.re * s + x.im * c;
    }
    return sum;
}

/* ---- Comparison ------------------------------------------------------------
 */

static void *aligned(size_t bytes) {
    size_t a = RTK_LINE_ALIGN;
    void *p = aligned_alloc(a, (bytes + GUARD + a - 1) / a * a);
    assert_non_null(p);
    memset(p, 0xa5, bytes + GUARD);
    return p;
}

static void assert_guarded(const void *data, size_t bytes) {
    const unsigned char *behind = (const unsigned char *)data + bytes;
    for (size_t i = 0; i < GUARD; i++) assert_int_equal(behind[i], 0xa5);
}

static void fill(rtk_number real, void *to, size_t reals) {
    uint32_t seed = 12345;
    for (size_t i = 0; i < reals; i++) {
        seed = seed * 1664525 + 1013904223;
        put(real, to, i, (long double)(seed >> 8) / (1 << 23) - 1);
    }
}

static size_t results(const rtk_line *l) {
    return l->spec.kind == RTK_LINE_R2C ? l->spec.n / 2 + 1 : l->spec.n;
}

/* Distance from the definition at every `step`-th result, by the size that
 * results have. */
static long double distance(const rtk_line *l, const void *in, const void *out,
                            size_t step) {
    long double worst = 0, norm = 0;
    bool complex = l->spec.kind <= RTK_LINE_R2C;
    for (size_t j = 0; j < l->spec.n; j++) {
        number x = input(l, in, j);
        norm += x.re * x.re + x.im * x.im;
    }
    for (size_t k = 0; k < results(l); k += step) {
        number y = defined(l, in, k);
        size_t at = complex ? 2 * k : k;
        long double re = get(l->spec.real, out, at) - y.re;
        long double im = complex ? get(l->spec.real, out, at + 1) - y.im : 0;
        long double d = hypotl(re, im);
        if (!(d <= worst)) worst = d;
    }
    return worst / sqrtl(norm);
}

static long double epsilon(rtk_number real) {
    return real == RTK_FLOAT    ? (long double)FLT_EPSILON
           : real == RTK_DOUBLE ? (long double)DBL_EPSILON
                                : LDBL_EPSILON;
}

static void check(const rtk_line_spec *spec, size_t step) {
    const rtk_line *l;
    assert_int_equal(rtk_line_get(&l, spec), RTK_OK);
    void *in = aligned(l->in_bytes), *out = aligned(l->out_bytes);
    void *before = aligned(l->in_bytes), *scratch = aligned(l->scratch_bytes);
    fill(spec->real, in, l->in_bytes / rtk_number_bytes(spec->real));
    memcpy(before, in, l->in_bytes);
    l->run(l, in, out, scratch);
    if (l->keeps_input) assert_memory_equal(before, in, l->in_bytes);
    assert_guarded(in, l->in_bytes);
    assert_guarded(out, l->out_bytes);
    assert_guarded(scratch, l->scratch_bytes);
    long double e = distance(l, before, out, step) / epsilon(spec->real);
    /* The definition's own sum is rounded as well. */
    long double n = (long double)spec->n;
    long double most =
        spec->real == RTK_LONG_DOUBLE ? 4 + 2 * sqrtl(n) : 4 + log2l(n);
    if (!(e <= most))
        fail_msg("kind %d of %zu bytes, n = %zu: off by %.1Lf epsilon, not "
                 "%.1Lf",
                 (int)spec->kind, rtk_number_bytes(spec->real), spec->n, e,
                 most);
    free(scratch);
    free(before);
    free(out);
    free(in);
    rtk_line_put(l);
}

static void check_kinds(size_t n, size_t step) {
    for (unsigned i = 0; i < RTK_LINE_KINDS * 3; i++) {
        rtk_line_spec spec = {.kind = (rtk_line_kind)(i / 3),
                              .real = (rtk_number)(i % 3),
                              .n = n};
        if (spec.kind == RTK_LINE_DCT1 && n < 2) continue;
        check(&spec, step);
    }
}

static void short_lines_are_what_they_are_defined_as(void **state) {
    (void)state;
    for (size_t n = 1; n <= WHOLE; n++) check_kinds(n, 1);
}

static void awkward_lengths_are_as_accurate(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++)
        check_kinds(awkward[i], awkward[i] / SOME);
}

static void long_lines_are_as_accurate(void **state) {
    (void)state;
    static const rtk_line_kind kinds[] = {RTK_LINE_FORWARD, RTK_LINE_R2C,
                                          RTK_LINE_C2R,     RTK_LINE_DCT2,
                                          RTK_LINE_DST3,    RTK_LINE_DCT4};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            check(&(rtk_line_spec){.kind = kinds[k],
                                   .real = RTK_DOUBLE,
                                   .n = large[i]},
                  large[i] / 2 - 1);
}

/* Rows of the table are cases. */
static void what_is_no_line_is_refused(void **state) {
    (void)state;
    const struct {
        rtk_line_spec spec;
        rtk_status status;
    } cases[] = {
        {{.kind = RTK_LINE_FORWARD, .real = RTK_DOUBLE, .n = 0}, RTK_EINVAL},
        {{.kind = RTK_LINE_DCT1, .real = RTK_DOUBLE, .n = 1}, RTK_EINVAL},
        {{.kind = RTK_LINE_KINDS, .real = RTK_DOUBLE, .n = 8}, RTK_EINVAL},
        {{.kind = RTK_LINE_R2C, .real = RTK_FLOAT_COMPLEX, .n = 8}, RTK_EINVAL},
        {{.kind = RTK_LINE_R2C, .real = RTK_FLOAT, .n = SIZE_MAX},
         RTK_EUNSUPPORTED},
        {{.kind = RTK_LINE_DST1, .real = RTK_FLOAT, .n = SIZE_MAX / 2},
         RTK_EUNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rtk_line *l = NULL;
        assert_int_equal(rtk_line_get(&l, &cases[i].spec), cases[i].status);
        assert_null(l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_lines_are_what_they_are_defined_as),
        cmocka_unit_test(awkward_lengths_are_as_accurate),
        cmocka_unit_test(long_lines_are_as_accurate),
        cmocka_unit_test(what_is_no_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
