/* Input at the edges: denormal numbers, memory aligned to the element alone,
 * read-only pages, strides of 0, arrays that overlap, shapes beyond 2^31, and
 * identities that hold for every length. */

#include "kernels/fft/fft.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 2100 };

static void fill(double *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = sin((double)(i * i) + 0.5);
}

static rtk_array line(size_t n, void *data) {
    return rtk_array_dense(RTK_DOUBLE_COMPLEX, 1, &n, data);
}

/* Shift by one: a factor exp(-2 pi i k / n); Parseval; and back. */
static void identities_hold_for_every_length(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 2, 3, 5, 16, 97, 101, 360, 1009, 2048};
    static double x[2 * MOST], moved[2 * MOST], y[2 * MOST], z[2 * MOST];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i];
        long double before = 0, after = 0, worst = 0;
        fill(x, 2 * n);
        for (size_t j = 0; j < n; j++)
            memcpy(moved + 2 * ((j + 1) % n), x + 2 * j, 2 * sizeof *x);
        rtk_array a = line(n, x), b = line(n, y), c = line(n, moved),
                  d = line(n, z);
        assert_int_equal(rtk_fft(&a, &b, NULL), RTK_OK);
        assert_int_equal(rtk_fft(&c, &d, NULL), RTK_OK);
        for (size_t k = 0; k < n; k++) {
            long double turn = -2 * acosl(-1) * (long double)k / (long double)n;
            long double re = y[2 * k] * cosl(turn) - y[2 * k + 1] * sinl(turn);
            worst = fmaxl(worst, fabsl(re - z[2 * k]));
            before += (long double)x[2 * k] * x[2 * k] +
                      (long double)x[2 * k + 1] * x[2 * k + 1];
            after += (long double)y[2 * k] * y[2 * k] +
                     (long double)y[2 * k + 1] * y[2 * k + 1];
        }
        assert_true(worst <= 1e-14L * sqrtl((long double)n));
        assert_true(fabsl(after / before / (long double)n - 1) <= 1e-14L);
        assert_int_equal(rtk_ifft(&b, &b, NULL), RTK_OK);
        for (size_t j = 0; j < 2 * n; j++)
            assert_true(fabs(y[j] - x[j]) <= 1e-14);
    }
}

static void denormal_numbers_are_transformed_as_others_are(void **state) {
    (void)state;
    /* Whole multiples of the least: every sum is exact. */
    static double x[16];
    for (size_t i = 0; i < 16; i++) x[i] = (double)(i + 1) * 0x1p-1074;
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 1, (size_t[]){16}, x), b;
    assert_int_equal(rtk_fft_shape(RTK_FFT_rfft, &a, NULL, &b), RTK_OK);
    static double out[18];
    b.data = out;
    assert_int_equal(rtk_rfft(&a, &b, NULL), RTK_OK);
    assert_true(out[0] == 136 * 0x1p-1074);
    assert_true(out[16] == -8 * 0x1p-1074);
}

static void memory_may_be_aligned_to_the_element_alone(void **state) {
    (void)state;
    static _Alignas(64) double x[2 * 48 + 1], y[2 * 48 + 1], z[2 * 48];
    fill(x + 1, 96);
    rtk_array a = line(48, x + 1), b = line(48, y + 1), c = line(48, z);
    assert_int_equal(rtk_fft(&a, &b, NULL), RTK_OK);
    assert_int_equal(rtk_fft(&a, &c, NULL), RTK_OK);
    assert_memory_equal(y + 1, z, sizeof z);
    a.data = (char *)x + 4;
    assert_int_equal(rtk_fft(&a, &c, NULL), RTK_EINVAL);
}

static void input_is_only_read(void **state) {
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = page / 32;
    double *x = mmap(NULL, page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(x != MAP_FAILED);
    static double out[4 * MOST];
    fill(x, 4 * n);
    assert_int_equal(mprotect(x, page, PROT_READ), 0);
    for (int i = 0; i < RTK_FFT_TRANSFORM_COUNT; i++) {
        rtk_fft_transform t = (rtk_fft_transform)i;
        rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){4, n}, x), b;
        assert_int_equal(rtk_fft_shape(t, &a, NULL, &b), RTK_OK);
        assert_true(rtk_array_count(&b) / 2 <= MOST);
        b.data = out;
        assert_int_equal(rtk_fft_apply(t, &a, &b, NULL), RTK_OK);
    }
    munmap(x, page);
}

static void a_stride_of_0_repeats_an_element(void **state) {
    (void)state;
    static double x[2] = {1, -2}, y[2 * 5 * 8];
    rtk_array a =
        rtk_array_dense(RTK_DOUBLE_COMPLEX, 2, (size_t[]){5, 8}, NULL);
    rtk_array b = a;
    a.stride[0] = a.stride[1] = 0;
    a.data = x;
    b.data = y;
    assert_int_equal(rtk_fft(&a, &b, NULL), RTK_OK);
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 8; k++) {
            assert_true(y[16 * i + 2 * k] == (k ? 0 : 8));
            assert_true(y[16 * i + 2 * k + 1] == (k ? 0 : -16));
        }
}

static void arrays_may_overlap(void **state) {
    (void)state;
    static double x[2 * 40], y[2 * 32];
    fill(x, 80);
    rtk_array a = line(32, x), b = line(32, y), c = line(32, x + 6);
    assert_int_equal(rtk_fft(&a, &b, NULL), RTK_OK);
    assert_int_equal(rtk_fft(&a, &c, NULL), RTK_OK);
    assert_memory_equal(x + 6, y, sizeof y);
}

static void shapes_beyond_2_31_are_counted_right(void **state) {
    (void)state;
    static double one[2];
    size_t rows = (size_t)1 << 34;
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){rows, 6}, NULL), b;
    a.stride[0] = a.stride[1] = 0;
    a.data = one;
    assert_int_equal(rtk_fft_shape(RTK_FFT_rfft, &a, NULL, &b), RTK_OK);
    assert_true(b.shape[0] == rows && b.shape[1] == 4);
    assert_true(b.stride[0] == 64);
    /* Lines of it are too long, or the array is beyond all memory. */
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.axes = (int[]){0};
    o.n_axes = 1;
    assert_int_equal(rtk_fft_shape(RTK_FFT_rfft, &a, &o, &b), RTK_EUNSUPPORTED);
    a.shape[0] = SIZE_MAX / 2;
    assert_int_equal(rtk_fft_shape(RTK_FFT_rfft, &a, NULL, &b), RTK_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_hold_for_every_length),
        cmocka_unit_test(denormal_numbers_are_transformed_as_others_are),
        cmocka_unit_test(memory_may_be_aligned_to_the_element_alone),
        cmocka_unit_test(input_is_only_read),
        cmocka_unit_test(a_stride_of_0_repeats_an_element),
        cmocka_unit_test(arrays_may_overlap),
        cmocka_unit_test(shapes_beyond_2_31_are_counted_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
