#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <string.h>

#include "stress/scenario.h"

static const char *declined(const char *scenario, rtk_claims claims) {
    const rtk_scenario *s = rtk_scenario_find(scenario);
    assert_non_null(s);
    rtk_op op = {.claims = &claims};
    return rtk_scenario_declined(s, &op);
}

static void every_file_is_listed_once_under_its_own_name(void **state) {
    (void)state;
    size_t n = 0;
    for (const rtk_scenario *const *s = rtk_scenarios; *s; s++, n++)
        assert_ptr_equal(rtk_scenario_find((*s)->name), *s);
    assert_true(n >= 8);
    assert_null(rtk_scenario_find("no such scenario"));
}

static void an_exclusive_instance_declines_sharing_it_only(void **state) {
    (void)state;
    rtk_claims c = {.mt = RTK_MT_UNSAFE, .mt_object = "instance"};
    assert_non_null(declined("shared_instance", c));
    assert_null(declined("shared_input", c));
    assert_null(declined("private_data", c));
}

static void nothing_for_threads_declines_threads_not_processes(void **state) {
    (void)state;
    rtk_claims c = {
        .mt = RTK_MT_UNSAFE, .mt_object = "all", .promises = RTK_PROCESS_SAFE};
    assert_non_null(declined("private_data", c));
    assert_null(declined("processes", c));
}

static void a_promise_that_is_missing_declines(void **state) {
    (void)state;
    rtk_claims safe = {.mt = RTK_MT_SAFE};
    assert_non_null(declined("fork_idle", safe));
    safe.promises = RTK_FORK_SAFE_IDLE;
    assert_null(declined("fork_idle", safe));
}

static void safety_after_init_declines_the_first_call(void **state) {
    (void)state;
    rtk_claims c = {.mt = RTK_MT_INIT};
    assert_non_null(declined("first_call", c));
    assert_null(declined("churn", c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_listed_once_under_its_own_name),
        cmocka_unit_test(an_exclusive_instance_declines_sharing_it_only),
        cmocka_unit_test(nothing_for_threads_declines_threads_not_processes),
        cmocka_unit_test(a_promise_that_is_missing_declines),
        cmocka_unit_test(safety_after_init_declines_the_first_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
