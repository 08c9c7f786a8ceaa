#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/oracles/oracle.h"
#include "harness/report.h"
#include "harness/test/try_subject.h"

#define CALL(name, ...)                                                        \
    static rtk_status name(void *self, void *instance, const rtk_views *views, \
                           rtk_call *call) {                                   \
        (void)self, (void)instance, (void)call;                                \
        double *x = rtk_view_at(views, 0)->data;                               \
        double *y = rtk_view_at(views, 1)->data;                               \
        (void)x, (void)y;                                                      \
        rtk_try_double(views);                                                 \
        __VA_ARGS__                                                            \
        return RTK_OK;                                                         \
    }

CALL(doubles, )
CALL(wrong, y[9] += 1;)
CALL(differs_by_round, y[9] += (double)(call->round % 2);)
CALL(differs_by_workers, if (call->workers == 1) y[9] += 1;)
CALL(fails, if (call->round == 3) return RTK_EFAILED;)
CALL(writes_input, x[5] = 1;)
CALL(steps_over_the_end, memset(y, 0, (RTK_TRY_N + 1) * sizeof *y);)
CALL(leaves_a_descriptor,
     if (call->round == 0 && dup(1) < 0) return RTK_EFAILED;)

static void *wait_for_ever(void *arg) {
    pause();
    return arg;
}

CALL(
    leaves_a_thread, pthread_t thread; if (call->round == 0) {
        if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
            return RTK_ETHREAD;
        pthread_detach(thread);
    })

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    for (size_t i = 0; i < RTK_TRY_N; i++)
        if (y[i] != 2 * x[i]) truth->error = 1;
    return RTK_OK;
}

static rtk_try try_of(rtk_try_call run) {
    return (rtk_try){.run = run,
                     .op = {.check = check},
                     .usage = {.instance = RTK_INSTANCE_OWN},
                     .claims = {.size = sizeof(rtk_claims),
                                .promises = RTK_INPUTS_UNTOUCHED |
                                            RTK_NO_THREADS_LEFT |
                                            RTK_NO_DESCRIPTORS_LEFT}};
}

/* What the oracle of each name must say to which call. */
static const struct {
    rtk_try_call run;
    const char *oracle, *kind;
    size_t findings;
} cases[] = {
    {wrong, "truth", "wrong result", 2},
    {differs_by_round, "bits", "result depends on the schedule", 2},
    {differs_by_workers, "bits",
     "result depends on the schedule or the workers", 2},
    {fails, "status", "call failed", 2},
    {writes_input, "inputs", "input modified", 1},
    {steps_over_the_end, "canary", "write beyond an array", 2},
    {leaves_a_descriptor, "resources", "descriptors left behind", 1},
    {leaves_a_thread, "resources", "threads left behind", 1},
};

enum { CASES = sizeof cases / sizeof *cases };

static void each_oracle_says_what_only_it_can_know(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        rtk_try what = try_of(cases[i].run);
        rtk_tried tried = rtk_try_run(&what);
        assert_int_equal(
            rtk_tried_findings(&tried, cases[i].oracle, cases[i].kind),
            cases[i].findings);
        rtk_tried_free(&tried);
    }
}

static void none_accuses_a_sound_subject(void **state) {
    (void)state;
    rtk_try what = try_of(doubles);
    rtk_tried tried = rtk_try_run(&what);
    assert_int_equal(json_array_size(tried.findings), 0);
    for (size_t i = 0; i < CASES; i++)
        assert_true(rtk_tried_judged(&tried, cases[i].oracle));
    rtk_tried_free(&tried);
}

static void an_oracle_that_is_not_heard_says_nothing(void **state) {
    (void)state;
    static const char *const only[] = {"hygiene"};
    rtk_report_only(only, 1);
    for (size_t i = 0; i < CASES; i++) {
        rtk_try what = try_of(cases[i].run);
        rtk_tried tried = rtk_try_run(&what);
        assert_int_equal(json_array_size(tried.findings), 0);
        assert_false(rtk_tried_judged(&tried, cases[i].oracle));
        rtk_tried_free(&tried);
    }
    rtk_report_only(NULL, 0);
}

static void what_an_oracle_cost_is_told(void **state) {
    (void)state;
    rtk_try what = try_of(doubles);
    what.claims.promises |= RTK_ENVIRONMENT_KEPT;
    rtk_tried tried = rtk_try_run(&what);
    const json_t *us = json_object_get(tried.trial, "oracle_us");
    assert_true(json_integer_value(json_object_get(us, "hygiene")) > 0);
    assert_true(json_integer_value(json_object_get(us, "truth")) > 0);
    assert_null(json_object_get(us, "crash"));
    rtk_tried_free(&tried);
}

static void the_list_is_in_order_and_each_is_found_by_name(void **state) {
    (void)state;
    size_t n = 0;
    for (; rtk_oracles[n]; n++) {
        assert_ptr_equal(rtk_oracle_find(rtk_oracles[n]->name), rtk_oracles[n]);
        assert_true(rtk_oracles[n]->summary && rtk_oracles[n]->claim);
        assert_true(n == 0 ||
                    strcmp(rtk_oracles[n - 1]->name, rtk_oracles[n]->name) < 0);
    }
    assert_true(n >= 17);
    assert_null(rtk_oracle_find("delphi"));
}

/* ---- Forks ------------------------------------------------------------------
 */

static rtk_status open_log(void *self, const rtk_args *args,
                           const rtk_views *views, int64_t workers,
                           void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = tmpfile();
    return *instance ? RTK_OK : RTK_EIO;
}

static void close_log(void *self, void *instance) {
    (void)self;
    fclose(instance);
}

CALL(writes_a_log, fputs("a line\n", instance);)
CALL(writes_and_flushes, fputs("a line\n", instance); fflush(instance);)

static void output_in_the_buffer_of_both_sides_is_told(void **state) {
    (void)state;
    static const rtk_fork forks[] = {RTK_FORK_IDLE, RTK_FORK_BUSY};
    for (size_t i = 0; i < 2; i++) {
        rtk_try what = {.run = writes_a_log,
                        .open = open_log,
                        .close = close_log,
                        .actors = i ? 1 : 2,
                        .usage = {.fork = forks[i],
                                  .actors = i ? RTK_THREADS : RTK_PROCESSES,
                                  .instance = RTK_INSTANCE_SHARED},
                        .claims = {.size = sizeof(rtk_claims)}};
        rtk_tried tried = rtk_try_run(&what);
        assert_true(rtk_tried_judged(&tried, "fork"));
        assert_true(rtk_tried_findings(&tried, "fork",
                                       "output would be written twice") >= 1);
        rtk_tried_free(&tried);
        what.run = writes_and_flushes;
        tried = rtk_try_run(&what);
        assert_int_equal(json_array_size(tried.findings), 0);
        rtk_tried_free(&tried);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_oracle_says_what_only_it_can_know),
        cmocka_unit_test(none_accuses_a_sound_subject),
        cmocka_unit_test(an_oracle_that_is_not_heard_says_nothing),
        cmocka_unit_test(what_an_oracle_cost_is_told),
        cmocka_unit_test(the_list_is_in_order_and_each_is_found_by_name),
        cmocka_unit_test(output_in_the_buffer_of_both_sides_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
