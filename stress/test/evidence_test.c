#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include "stress/evidence.h"
#include <cmocka.h>

/* A trial that came to `outcome` by `pattern`, in one millisecond. */
static void add(json_t *evidence, const char *outcome, const char *pattern,
                const char *grade) {
    json_t *trial =
        json_pack("{ss ss ss si s{si}}", "outcome", outcome, "pattern", pattern,
                  "grade", grade, "cpu_us", 1000, "oracle_us", "outcome", 50);
    rtk_evidence_add(evidence, trial);
    json_decref(trial);
}

static json_int_t count(const json_t *evidence, const char *outcome) {
    return json_integer_value(json_object_get(
        json_object_get(rtk_evidence_outcomes(evidence), outcome), "count"));
}

static void outcomes_are_counted_with_their_grade(void **state) {
    (void)state;
    json_t *e = rtk_evidence_new();
    assert_null(rtk_evidence_outcomes(e));
    add(e, "1, 2", "1, *", "acceptable");
    add(e, "1, 2", "1, *", "acceptable");
    add(e, "2, 1", "2, 1", "required");
    assert_int_equal(count(e, "1, 2"), 2);
    assert_int_equal(count(e, "2, 1"), 1);
    assert_int_equal(count(e, "2, 2"), 0);
    json_decref(e);
}

static void a_required_pattern_is_missed_until_it_was_seen(void **state) {
    (void)state;
    json_t *e = rtk_evidence_new();
    json_t *required = json_pack("[ss]", "2, 1", "3, *");
    add(e, "3, 4", "3, *", "required");
    assert_string_equal(rtk_evidence_missing(e, required), "2, 1");
    add(e, "2, 1", "2, 1", "required");
    assert_null(rtk_evidence_missing(e, required));
    assert_null(rtk_evidence_missing(e, NULL));
    json_decref(required);
    json_decref(e);
}

static void too_many_different_outcomes_are_counted_together(void **state) {
    (void)state;
    json_t *e = rtk_evidence_new();
    char text[16];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(e, text, "*", "acceptable");
    }
    assert_int_equal(json_object_size(rtk_evidence_outcomes(e)), 65);
    assert_int_equal(count(e, "(others)"), 36);
    json_decref(e);
}

static void shares_are_of_the_time_of_all_trials(void **state) {
    (void)state;
    json_t *e = rtk_evidence_new();
    json_t *shares = rtk_evidence_shares(e);
    assert_int_equal(json_object_size(shares), 0);
    json_decref(shares);
    add(e, "1", "*", "acceptable");
    rtk_evidence_add(e, NULL);
    add(e, "1", "*", "acceptable");
    shares = rtk_evidence_shares(e);
    double share = json_real_value(json_object_get(shares, "outcome"));
    assert_true(share > 0.0499 && share < 0.0501);
    json_decref(shares);
    json_decref(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_are_counted_with_their_grade),
        cmocka_unit_test(a_required_pattern_is_missed_until_it_was_seen),
        cmocka_unit_test(too_many_different_outcomes_are_counted_together),
        cmocka_unit_test(shares_are_of_the_time_of_all_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
