/* Transforms that run out of memory say so, and leave nothing behind: the
 * leaks are found in the asan lane. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/fft/axes.h"
#include "kernels/fft/line_cache.h"
#include "kernels/workers/test/inject.h"

enum { MOST = 4096 };

static const size_t rows = 64, columns = 512;

/* Rows of real numbers to another number of complex ones, then columns: an
 * array between the passes, and scratch that no stack holds. */
typedef struct example {
    rtk_array in, out;
    rtk_fft_pass pass[2];
} example;

static const rtk_line *line(size_t n) {
    rtk_line_spec spec = {.kind = RTK_LINE_FORWARD, .real = RTK_DOUBLE, .n = n};
    const rtk_line *l = NULL;
    assert_int_equal(rtk_line_get(&l, &spec), RTK_OK);
    return l;
}

static example open_example(void) {
    size_t from[] = {rows, columns}, to[] = {2 * rows, columns};
    example e = {
        .in = rtk_array_dense(RTK_DOUBLE, 2, from,
                              calloc(rows * columns, sizeof(double))),
        .out = rtk_array_dense(RTK_DOUBLE_COMPLEX, 2, to,
                               calloc(4 * rows * columns, sizeof(double))),
        .pass = {{.line = line(columns), .axis = 1},
                 {.line = line(2 * rows), .axis = 0}},
    };
    assert_true(e.in.data && e.out.data);
    for (size_t i = 0; i < rows * columns; i++)
        ((double *)e.in.data)[i] = (double)(i % 7);
    return e;
}

static void close_example(example *e) {
    for (size_t i = 0; i < 2; i++) rtk_line_put(e->pass[i].line);
    free(e->in.data);
    free(e->out.data);
}

static void whatever_memory_is_refused_it_is_said(void **state) {
    example e = open_example();
    rtk_fft_job job = {&e.in, &e.out, e.pass, 2, 1};
    size_t bytes = 4 * rows * columns * sizeof(double);
    char *want = malloc(bytes);
    int refused = 1, failed = 0;
    (void)state;
    assert_non_null(want);
    assert_int_equal(rtk_fft_axes(&job, 1, NULL), RTK_OK);
    memcpy(want, e.out.data, bytes);
    for (int first = 1; refused && first < MOST; first++) {
        inject_arm(INJECT_MEMORY, first, 1);
        rtk_status s = rtk_fft_axes(&job, 1, NULL);
        refused = inject_disarm();
        assert_int_equal(s, refused ? RTK_ENOMEM : RTK_OK);
        failed += refused;
    }
    assert_int_equal(refused, 0);
    assert_in_range(failed, 2, MOST);
    assert_int_equal(rtk_fft_axes(&job, 2, NULL), RTK_OK);
    assert_memory_equal(want, e.out.data, bytes);
    free(want);
    close_example(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_memory_is_refused_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
