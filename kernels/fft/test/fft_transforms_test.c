/* All 26 transforms against SciPy's answers: values, shapes, rules for lengths,
 * norms and ends; the same for any workers and strides. */

#include "kernels/fft/fft.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/test/expected.h"

enum { MOST = 8, ROOM = 4096 };

/* A case as the file has it. */
typedef struct example {
    rtk_fft_transform which;
    rtk_fft_options options;
    rtk_number number; /* of the input */
    bool real_out;
    int axes[MOST];
    int64_t lengths[MOST];
    size_t rank, in_shape[MOST], out_shape[MOST];
    double *in, *out;
    size_t ins, outs; /* real numbers */
} example;

static size_t integers(const json_t *of, const char *name, int64_t *to) {
    const json_t *list = json_object_get(of, name);
    for (size_t i = 0; i < json_array_size(list); i++)
        to[i] = json_integer_value(json_array_get(list, i));
    return json_array_size(list);
}

static size_t sizes(const json_t *of, const char *name, size_t *to) {
    int64_t values[MOST];
    size_t n = integers(of, name, values);
    for (size_t i = 0; i < n; i++) to[i] = (size_t)values[i];
    return n;
}

static rtk_fft_transform which(const char *name) {
    size_t i = 0;
    while (i < RTK_FFT_TRANSFORM_COUNT &&
           strcmp(rtk_fft_name((rtk_fft_transform)i), name) != 0)
        i++;
    return (rtk_fft_transform)i;
}

static rtk_fft_norm norm(const char *name) {
    return strcmp(name, "ortho") == 0     ? RTK_FFT_NORM_ORTHO
           : strcmp(name, "forward") == 0 ? RTK_FFT_NORM_FORWARD
                                          : RTK_FFT_NORM_BACKWARD;
}

static void load(example *e, const json_t *of) {
    int64_t axes[MOST];
    long ends = rtk_expected_int(of, "orthogonalize");
    *e = (example){.which = which(rtk_expected_text(of, "transform")),
                   .options = RTK_FFT_OPTIONS,
                   .number = rtk_expected_text(of, "precision")[5] == '3'
                                 ? RTK_FLOAT
                                 : RTK_DOUBLE,
                   .real_out = rtk_expected_int(of, "real_out") != 0};
    if (!rtk_expected_int(of, "real_in"))
        e->number = rtk_number_complex(e->number);
    size_t n = integers(of, "axes", axes);
    for (size_t i = 0; i < n; i++) e->axes[i] = (int)axes[i];
    integers(of, "lengths", e->lengths);
    e->rank = sizes(of, "in_shape", e->in_shape);
    sizes(of, "out_shape", e->out_shape);
    e->in = rtk_expected_numbers(of, "in", &e->ins);
    e->out = rtk_expected_numbers(of, "out", &e->outs);
    e->options.axes = e->axes;
    e->options.n_axes = n;
    e->options.lengths = e->lengths;
    e->options.norm = norm(rtk_expected_text(of, "norm"));
    e->options.type = (int)rtk_expected_int(of, "type");
    e->options.ends = ends < 0 ? RTK_FFT_ENDS_BY_NORM
                      : ends   ? RTK_FFT_ENDS_WEIGHTED
                               : RTK_FFT_ENDS_PLAIN;
}

static void unload(example *e) {
    free(e->in);
    free(e->out);
}

static void put(rtk_number real, void *to, size_t i, double x) {
    if (real == RTK_FLOAT)
        ((float *)to)[i] = (float)x;
    else if (real == RTK_DOUBLE)
        ((double *)to)[i] = x;
    else
        ((long double *)to)[i] = x;
}

static long double get(rtk_number real, const void *from, size_t i) {
    if (real == RTK_FLOAT) return ((const float *)from)[i];
    if (real == RTK_DOUBLE) return (long double)((const double *)from)[i];
    return ((const long double *)from)[i];
}

/* The largest distance from SciPy's answer, by the largest number of it. */
static double off(const example *e, rtk_number real, const void *got) {
    double worst = 0, largest = 1e-300;
    for (size_t i = 0; i < e->outs; i++) {
        double d = fabs((double)get(real, got, i) - e->out[i]);
        if (!(d <= worst)) worst = d;
        if (fabs(e->out[i]) > largest) largest = fabs(e->out[i]);
    }
    return worst / largest;
}

static void check_case(const json_t *of) {
    _Alignas(64) static long double in[ROOM], out[ROOM];
    example e;
    load(&e, of);
    rtk_number real = rtk_number_real(e.number);
    for (size_t i = 0; i < e.ins; i++) put(real, in, i, e.in[i]);
    memset(out, 0xff, sizeof out);
    rtk_array from = rtk_array_dense(e.number, e.rank, e.in_shape, in), to;
    assert_int_equal(rtk_fft_shape(e.which, &from, &e.options, &to), RTK_OK);
    assert_int_equal(rtk_number_is_complex(to.number), !e.real_out);
    assert_memory_equal(to.shape, e.out_shape, e.rank * sizeof *to.shape);
    to.data = out;
    assert_int_equal(rtk_fft_apply(e.which, &from, &to, &e.options), RTK_OK);
    double error = off(&e, real, out);
    double most = real == RTK_FLOAT ? 1e-6 : 2e-15;
    if (!(error <= most)) {
        char *text = json_dumps(of, 0);
        fail_msg("off by %.3g: %.400s", error, text);
    }
    unload(&e);
}

static void every_transform_is_what_scipy_says(void **state) {
    (void)state;
    json_t *cases = rtk_expected_cases("fft/test/expected/fft_transforms");
    const json_t *of;
    size_t i;
    unsigned seen[RTK_FFT_TRANSFORM_COUNT] = {0};
    json_array_foreach(cases, i, of) {
        check_case(of);
        seen[which(rtk_expected_text(of, "transform"))]++;
    }
    for (i = 0; i < RTK_FFT_TRANSFORM_COUNT; i++)
        assert_int_not_equal(seen[i], 0);
    json_decref(cases);
}

/* The same in long double, and through strides that go backwards, for any
 * number of workers. */
static void check_strided(const json_t *of) {
    static long double in[ROOM], out[2][4 * ROOM];
    example e;
    load(&e, of);
    rtk_number real = RTK_LONG_DOUBLE;
    e.number = rtk_number_is_complex(e.number) ? RTK_LONG_DOUBLE_COMPLEX : real;
    for (size_t i = 0; i < e.ins; i++) put(real, in, i, e.in[i]);
    rtk_array from = rtk_array_dense(e.number, e.rank, e.in_shape, in), to;
    assert_int_equal(rtk_fft_shape(e.which, &from, &e.options, &to), RTK_OK);
    to.data = out[0];
    e.options.workers = 1;
    assert_int_equal(rtk_fft_apply(e.which, &from, &to, &e.options), RTK_OK);
    double most = strcmp(rtk_expected_text(of, "precision"), "float32") == 0
                      ? 1e-6
                      : 2e-15;
    assert_true(off(&e, real, out[0]) <= most);
    /* Every other element, last first. */
    rtk_array back = to;
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(to.number);
    ptrdiff_t count = (ptrdiff_t)rtk_array_count(&to);
    for (size_t d = 0; d < to.rank; d++) back.stride[d] *= -2;
    back.data = (char *)out[1] + 2 * (count - 1) * bytes;
    e.options.workers = 3;
    assert_int_equal(rtk_fft_apply(e.which, &from, &back, &e.options), RTK_OK);
    size_t parts = rtk_number_is_complex(to.number) ? 2 : 1;
    for (ptrdiff_t i = 0; i < count; i++) {
        const void *here = (char *)out[0] + i * bytes;
        const void *there = (char *)back.data - 2 * i * bytes;
        for (size_t k = 0; k < parts; k++)
            assert_true(get(real, here, k) == get(real, there, k));
    }
    unload(&e);
}

static void bits_do_not_depend_on_strides_or_workers(void **state) {
    (void)state;
    json_t *cases = rtk_expected_cases("fft/test/expected/fft_transforms");
    const json_t *of;
    size_t i;
    json_array_foreach(cases, i, of) check_strided(of);
    json_decref(cases);
}

static void a_result_may_take_the_place_of_its_input(void **state) {
    (void)state;
    static double a[2 * 6 * 10 * 7], b[2 * 6 * 10 * 7];
    for (size_t i = 0; i < 840; i++) a[i] = b[i] = sin((double)i);
    rtk_array x =
        rtk_array_dense(RTK_DOUBLE_COMPLEX, 3, (size_t[]){6, 10, 7}, a);
    rtk_array y = x, z = x;
    static double c[840];
    y.data = c;
    z.data = b;
    assert_int_equal(rtk_fftn(&x, &y, NULL), RTK_OK);
    assert_int_equal(rtk_fftn(&z, &z, NULL), RTK_OK);
    assert_memory_equal(b, c, sizeof c);
    /* Real to complex over its own input, by a copy. */
    rtk_array real = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){6, 10}, a), half;
    assert_int_equal(rtk_fft_shape(RTK_FFT_rfft2, &real, NULL, &half), RTK_OK);
    half.data = c;
    assert_int_equal(rtk_rfft2(&real, &half, NULL), RTK_OK);
    half.data = a;
    assert_int_equal(rtk_rfft2(&real, &half, NULL), RTK_OK);
    assert_memory_equal(a, c, rtk_array_count(&half) * 16);
}

static rtk_status try_fft(rtk_fft_transform name, size_t n,
                          const rtk_fft_options *o) {
    static double in[64], out[64];
    rtk_array x = rtk_array_dense(RTK_DOUBLE_COMPLEX, 1, &n, in), y;
    rtk_status s = rtk_fft_shape(name, &x, o, &y);
    y.data = out;
    return s ? s : rtk_fft_apply(name, &x, &y, o);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    rtk_fft_options o = RTK_FFT_OPTIONS;
    assert_int_equal(try_fft(RTK_FFT_fft, 8, &o), RTK_OK);
    assert_int_equal(try_fft(RTK_FFT_fft, 0, &o), RTK_EINVAL);
    assert_int_equal(try_fft(RTK_FFT_irfft, 1, &o), RTK_EINVAL);
    assert_int_equal(try_fft(RTK_FFT_rfft, 8, &o), RTK_EINVAL);
    assert_int_equal(try_fft(RTK_FFT_fft2, 8, &o), RTK_EINVAL);
    assert_int_equal(try_fft(RTK_FFT_TRANSFORM_COUNT, 8, &o), RTK_EINVAL);
    o.workers = 0;
    assert_int_equal(try_fft(RTK_FFT_fft, 8, &o), RTK_EINVAL);
    o = (rtk_fft_options)RTK_FFT_OPTIONS;
    o.axes = (int[]){1};
    o.n_axes = 1;
    assert_int_equal(try_fft(RTK_FFT_fft, 8, &o), RTK_EINVAL);
    o.axes = (int[]){0, -1};
    o.n_axes = 2;
    assert_int_equal(try_fft(RTK_FFT_fftn, 8, &o), RTK_EINVAL);
    o = (rtk_fft_options)RTK_FFT_OPTIONS;
    o.lengths = (int64_t[]){0};
    o.n_axes = 1;
    assert_int_equal(try_fft(RTK_FFT_fft, 8, &o), RTK_EINVAL);
    o.lengths = (int64_t[]){INT64_C(1) << 40};
    assert_int_equal(try_fft(RTK_FFT_fft, 8, &o), RTK_EUNSUPPORTED);
    o = (rtk_fft_options)RTK_FFT_OPTIONS;
    o.type = 5;
    assert_int_equal(try_fft(RTK_FFT_dct, 8, &o), RTK_EINVAL);
    o.type = 1;
    assert_int_equal(try_fft(RTK_FFT_dct, 1, &o), RTK_EINVAL);
}

static void no_transforms_at_all_are_no_error(void **state) {
    (void)state;
    rtk_array x =
        rtk_array_dense(RTK_DOUBLE_COMPLEX, 2, (size_t[]){0, 8}, NULL);
    assert_int_equal(rtk_fft(&x, &x, NULL), RTK_OK);
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.workers = 0;
    assert_int_equal(rtk_fft(&x, &x, &o), RTK_EINVAL);
}

static void nan_and_infinity_spoil_their_own_line_alone(void **state) {
    (void)state;
    static double in[2 * 3 * 16], out[2 * 3 * 16];
    in[32] = NAN;
    in[67] = 1;
    rtk_array x = rtk_array_dense(RTK_DOUBLE_COMPLEX, 2, (size_t[]){3, 16}, in);
    rtk_array y = x;
    y.data = out;
    assert_int_equal(rtk_fft(&x, &y, NULL), RTK_OK);
    for (size_t i = 0; i < 32; i++) {
        assert_true(out[i] == 0);
        assert_true(isnan(out[32 + i]) || i % 2);
        assert_true(isfinite(out[64 + i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transform_is_what_scipy_says),
        cmocka_unit_test(bits_do_not_depend_on_strides_or_workers),
        cmocka_unit_test(a_result_may_take_the_place_of_its_input),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(no_transforms_at_all_are_no_error),
        cmocka_unit_test(nan_and_infinity_spoil_their_own_line_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
