/* Transforms whose lines are not yet planned, and no memory is left: the status
 * says so, and what the cache holds afterwards is good. Leaks are found in the
 * asan lane. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/fft/fft.h"
#include "kernels/fft/planning.h"
#include "kernels/workers/test/inject.h"

enum { MOST = 1000, NUMBERS = 8192 };

/* By FFTW, by steps from shorter lines, by Bluestein, from Fourier lines. */
static const struct {
    rtk_fft_transform which;
    rtk_number in, out;
    int64_t n, results;
    int type;
} cases[] = {
    {RTK_FFT_fft, RTK_DOUBLE_COMPLEX, RTK_DOUBLE_COMPLEX, 360, 360, 0},
    {RTK_FFT_ifft, RTK_DOUBLE_COMPLEX, RTK_DOUBLE_COMPLEX, 8192, 8192, 0},
    {RTK_FFT_rfft, RTK_DOUBLE, RTK_DOUBLE_COMPLEX, 8192, 4097, 0},
    {RTK_FFT_irfft, RTK_FLOAT_COMPLEX, RTK_FLOAT, 129, 256, 0},
    {RTK_FFT_fft, RTK_DOUBLE_COMPLEX, RTK_DOUBLE_COMPLEX, 1009, 1009, 0},
    {RTK_FFT_rfft, RTK_FLOAT, RTK_FLOAT_COMPLEX, 1019, 510, 0},
    {RTK_FFT_dct, RTK_DOUBLE, RTK_DOUBLE, 1024, 1024, 2},
    {RTK_FFT_dst, RTK_DOUBLE, RTK_DOUBLE, 255, 255, 4},
    {RTK_FFT_dct, RTK_LONG_DOUBLE, RTK_LONG_DOUBLE, 64, 64, 1}};

/* Returns how many calls were refused. */
static size_t refuse_each(size_t which, void *in, void *out, const void *want,
                          size_t bytes) {
    size_t n = (size_t)cases[which].n, m = (size_t)cases[which].results;
    rtk_array x = rtk_array_dense(cases[which].in, 1, &n, in);
    rtk_array y = rtk_array_dense(cases[which].out, 1, &m, out);
    rtk_fft_options o = RTK_FFT_OPTIONS;
    o.type = cases[which].type;
    size_t failed = 0;
    int refused = 1;
    for (int first = 0; refused && first < MOST; first++) {
        rtk_fft_cache_clear();
        inject_arm(INJECT_MEMORY, first, 1);
        rtk_status s = rtk_fft_apply(cases[which].which, &x, &y, &o);
        refused = inject_disarm();
        assert_int_equal(s, refused ? RTK_ENOMEM : RTK_OK);
        failed += (size_t)refused;
        if (!first) refused = 1;
        assert_int_equal(rtk_fft_apply(cases[which].which, &x, &y, &o), RTK_OK);
        if (want) assert_memory_equal(out, want, bytes);
    }
    assert_int_equal(refused, 0);
    return failed;
}

static void whatever_memory_is_refused_the_next_call_is_good(void **state) {
    size_t room = (size_t)2 * NUMBERS * sizeof(long double);
    void *in = calloc(1, room), *out = calloc(1, room), *want = malloc(room);
    (void)state;
    assert_true(in && out && want);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t numbers = (size_t)cases[c].results;
        size_t bytes = numbers * rtk_number_bytes(cases[c].out);
        if (cases[c].out == RTK_LONG_DOUBLE) bytes = 0; /* has padding */
        memset(in, 0, room);
        rtk_number real = rtk_number_real(cases[c].in);
        for (size_t i = 0; i < (size_t)cases[c].n; i++) {
            if (real == RTK_FLOAT) ((float *)in)[i] = (float)(i % 7);
            if (real == RTK_DOUBLE) ((double *)in)[i] = (double)(i % 7);
            if (real == RTK_LONG_DOUBLE)
                ((long double *)in)[i] = (long double)(i % 7);
        }
        refuse_each(c, in, want, NULL, 0);
        assert_in_range(refuse_each(c, in, out, want, bytes), 3, MOST);
    }
    rtk_fft_cache_clear();
    free(in);
    free(out);
    free(want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_memory_is_refused_the_next_call_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
