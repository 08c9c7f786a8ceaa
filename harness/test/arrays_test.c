#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/arrays.h"

enum { N = 100 };

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    *rtk_view_at(views, 0) = (rtk_view){.size = sizeof(rtk_view),
                                        .name = "x",
                                        .type = RTK_FLOAT64,
                                        .flow = RTK_IN,
                                        .rank = 1,
                                        .shape = {N}};
    *rtk_view_at(views, 1) = (rtk_view){.size = sizeof(rtk_view),
                                        .name = "y",
                                        .type = RTK_FLOAT64,
                                        .flow = RTK_OUT,
                                        .rank = 1,
                                        .shape = {N}};
    *rtk_view_at(views, 2) = (rtk_view){.size = sizeof(rtk_view),
                                        .name = "sum",
                                        .type = RTK_INT64,
                                        .flow = RTK_OUT,
                                        .share = RTK_SHARE_ALWAYS,
                                        .rank = 0};
    views->n = 3;
    return RTK_OK;
}

static rtk_status describe_too_much(void *self, const rtk_args *args,
                                    rtk_views *views) {
    (void)self, (void)args;
    *rtk_view_at(views, 0) = (rtk_view){
        .name = "x", .type = RTK_FLOAT64, .rank = 2, .shape = {SIZE_MAX, 2}};
    views->n = 1;
    return RTK_OK;
}

static const rtk_subject subject = {.describe = describe};
static const rtk_subject absurd = {.describe = describe_too_much};

static void make(rtk_arrays *a, const rtk_arrays *lender, bool share) {
    rtk_layout how = {.lender = lender, .share_inputs = share};
    assert_int_equal(rtk_arrays_init(a, &subject, NULL, NULL, how), RTK_OK);
}

/* The signal that ends a process which writes `value` at `at`; 0: none. */
static int signal_of_write(volatile char *at) {
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *at = 1;
        _exit(0);
    }
    int how;
    waitpid(child, &how, 0);
    return WIFSIGNALED(how) ? WTERMSIG(how) : 0;
}

static void arrays_lie_between_guard_pages(void **state) {
    (void)state;
    rtk_arrays a;
    make(&a, NULL, false);
    char *y = a.view[1].data;
    assert_int_equal(signal_of_write(y), 0);
    assert_int_equal(signal_of_write(y - 1), SIGSEGV);
    assert_int_equal(signal_of_write(y + 4096), SIGSEGV);
    rtk_arrays_destroy(&a);
}

static void protected_inputs_cannot_be_written_and_outputs_can(void **state) {
    (void)state;
    rtk_arrays a;
    make(&a, NULL, false);
    assert_int_equal(rtk_arrays_protect(&a, true), RTK_OK);
    assert_int_equal(signal_of_write(a.view[0].data), SIGSEGV);
    assert_int_equal(signal_of_write(a.view[1].data), 0);
    assert_int_equal(rtk_arrays_protect(&a, false), RTK_OK);
    assert_int_equal(signal_of_write(a.view[0].data), 0);
    rtk_arrays_destroy(&a);
}

static void poison_is_no_number_and_spares_what_is_shared(void **state) {
    (void)state;
    rtk_arrays a;
    make(&a, NULL, false);
    *(int64_t *)a.view[2].data = 7;
    rtk_arrays_poison(&a);
    for (size_t i = 0; i < N; i++)
        assert_true(isnan(((double *)a.view[1].data)[i]));
    assert_int_equal(*(int64_t *)a.view[2].data, 7);
    rtk_arrays_destroy(&a);
}

static void one_byte_beyond_the_end_is_noticed(void **state) {
    (void)state;
    rtk_arrays a;
    make(&a, NULL, false);
    assert_null(rtk_arrays_overrun(&a));
    ((char *)a.view[1].data)[N * sizeof(double)] = 0;
    assert_string_equal(rtk_arrays_overrun(&a), "y");
    rtk_arrays_destroy(&a);
}

static void borrowed_views_share_memory_and_own_ones_do_not(void **state) {
    (void)state;
    rtk_arrays first, apart, together;
    make(&first, NULL, false);
    make(&apart, &first, false);
    make(&together, &first, true);
    assert_ptr_not_equal(apart.view[0].data, first.view[0].data);
    assert_ptr_equal(together.view[0].data, first.view[0].data);
    assert_ptr_not_equal(together.view[1].data, first.view[1].data);
    assert_ptr_equal(apart.view[2].data, first.view[2].data);
    assert_false(rtk_arrays_own(&first, 2));
    rtk_arrays_destroy(&together);
    rtk_arrays_destroy(&apart);
    rtk_arrays_destroy(&first);
}

static void an_address_is_found_with_what_it_is(void **state) {
    (void)state;
    rtk_arrays a;
    bool input, guard;
    make(&a, NULL, false);
    char *x = a.view[0].data, *y = a.view[1].data;
    assert_string_equal(rtk_arrays_locate(&a, x + 8, &input, &guard), "x");
    assert_true(input && !guard);
    assert_string_equal(rtk_arrays_locate(&a, y - 1, &input, &guard), "y");
    assert_true(!input && guard);
    assert_null(rtk_arrays_locate(&a, &a, &input, &guard));
    rtk_arrays_destroy(&a);
}

static void a_size_that_overflows_is_refused(void **state) {
    (void)state;
    rtk_arrays a;
    assert_int_equal(rtk_arrays_init(&a, &absurd, NULL, NULL, (rtk_layout){0}),
                     RTK_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_lie_between_guard_pages),
        cmocka_unit_test(protected_inputs_cannot_be_written_and_outputs_can),
        cmocka_unit_test(poison_is_no_number_and_spares_what_is_shared),
        cmocka_unit_test(one_byte_beyond_the_end_is_noticed),
        cmocka_unit_test(borrowed_views_share_memory_and_own_ones_do_not),
        cmocka_unit_test(an_address_is_found_with_what_it_is),
        cmocka_unit_test(a_size_that_overflows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
