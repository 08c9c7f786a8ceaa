#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "harness/oracles/ulp_distance.h"
#include "harness/test/try_subject.h"

/* ---- Distances --------------------------------------------------------------
 */

static uint64_t between(double x, double y) {
    rtk_view v = {.type = RTK_FLOAT64, .rank = 1, .shape = {1}};
    int64_t memory[3] = {0};
    rtk_envelope e;
    size_t at;
    assert_int_equal(rtk_envelope_bytes(&v), sizeof memory);
    rtk_envelope_init(&e, &v, memory);
    rtk_envelope_add(&e, &x);
    rtk_envelope_add(&e, &y);
    return rtk_envelope_width(&e, &at);
}

static void neighbours_are_one_apart_in_any_order(void **state) {
    (void)state;
    assert_int_equal(between(1, nextafter(1, 2)), 1);
    assert_int_equal(between(nextafter(1, 2), 1), 1);
    assert_int_equal(between(1, nextafter(1, 0)), 1);
    assert_int_equal(between(-1, nextafter(-1, -2)), 1);
    assert_int_equal(between(1, 1 + 0x1p-50), 4);
}

static void zero_lies_between_the_signs(void **state) {
    (void)state;
    assert_int_equal(between(0.0, -0.0), 0);
    assert_int_equal(between(0x1p-1074, -0x1p-1074), 2);
    assert_int_equal(between(-0.0, 0x1p-1074), 1);
}

static void a_nan_equals_only_another_nan(void **state) {
    (void)state;
    assert_int_equal(between(NAN, NAN), 0);
    assert_int_equal(between(NAN, -NAN), 0);
    assert_true(between(NAN, 1) == RTK_ULPS_NAN);
    assert_true(between(INFINITY, NAN) == RTK_ULPS_NAN);
    assert_int_equal(between(INFINITY, INFINITY), 0);
    assert_true(between(INFINITY, -INFINITY) > UINT64_C(1) << 62);
}

static void the_distance_is_that_of_the_outermost(void **state) {
    (void)state;
    const float x[][2] = {{1, 5}, {1, nextafterf(5, 6)}, {1, nextafterf(5, 4)}};
    rtk_view v = {.type = RTK_COMPLEX64, .rank = 1, .shape = {1}};
    int64_t memory[5] = {0}, other_memory[5] = {0};
    rtk_envelope e, other;
    size_t at = 9;
    rtk_envelope_init(&e, &v, memory);
    rtk_envelope_init(&other, &v, other_memory);
    assert_int_equal(rtk_envelope_width(&e, &at), 0);
    rtk_envelope_add(&e, x[0]);
    rtk_envelope_add(&e, x[1]);
    assert_int_equal(rtk_envelope_width(&e, &at), 1);
    rtk_envelope_add(&other, x[2]);
    rtk_envelope_merge(&e, &other);
    assert_int_equal(rtk_envelope_width(&e, &at), 2);
    assert_int_equal(at, 0);
    assert_int_equal(*e.seen, 3);
}

static void whole_numbers_are_not_measured(void **state) {
    (void)state;
    rtk_view v = {.type = RTK_INT64, .rank = 1, .shape = {8}};
    assert_int_equal(rtk_envelope_bytes(&v), 0);
}

/* ---- Subjects ---------------------------------------------------------------
 */

/* Off by as many units as the round says, 0 .. 2. */
static rtk_status wobble(void *self, void *instance, const rtk_views *views,
                         rtk_call *call) {
    (void)self, (void)instance;
    rtk_try_double(views);
    double *y = rtk_view_at(views, 1)->data;
    for (uint64_t i = 0; i < call->round % 3; i++) y[7] = nextafter(y[7], 10);
    return RTK_OK;
}

/* By which worker, and not by the round. */
static rtk_status wobble_by_actor(void *self, void *instance,
                                  const rtk_views *views, rtk_call *call) {
    (void)self, (void)instance;
    rtk_try_double(views);
    double *y = rtk_view_at(views, 1)->data;
    for (uint64_t i = 0; i < call->actor; i++) y[7] = nextafter(y[7], 10);
    return RTK_OK;
}

static rtk_status wobble_when_serial(void *self, void *instance,
                                     const rtk_views *views, rtk_call *call) {
    (void)self, (void)instance;
    rtk_try_double(views);
    double *y = rtk_view_at(views, 1)->data;
    if (call->workers == 1) y[7] = NAN;
    return RTK_OK;
}

static rtk_tried use(rtk_try_call run, double ulps, rtk_actor_kind kind,
                     bool share) {
    rtk_try what = {.run = run,
                    .actors = 3,
                    .usage = {.actors = kind, .share_inputs = share},
                    .claims = {.size = sizeof(rtk_claims),
                               .repeatable = RTK_TIER_B,
                               .ulps = ulps}};
    return rtk_try_run(&what);
}

static void more_than_is_claimed_is_a_finding_of_each_actor(void **state) {
    (void)state;
    rtk_tried tried = use(wobble, 1, RTK_THREADS, false);
    assert_true(rtk_tried_judged(&tried, "ulps"));
    assert_int_equal(rtk_tried_findings(&tried, "ulps", NULL), 3);
    rtk_tried_free(&tried);
    tried = use(wobble, 2, RTK_THREADS, false);
    assert_true(rtk_tried_judged(&tried, "ulps"));
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

static void actors_with_one_input_are_measured_together(void **state) {
    (void)state;
    static const rtk_actor_kind kinds[] = {RTK_THREADS, RTK_PROCESSES};
    for (size_t i = 0; i < 2; i++) {
        rtk_tried tried = use(wobble_by_actor, 1, kinds[i], true);
        assert_int_equal(rtk_tried_findings(&tried, "ulps", NULL), 1);
        rtk_tried_free(&tried);
        tried = use(wobble_by_actor, 1, kinds[i], false);
        assert_int_equal(json_array_size(tried.findings), 0);
        rtk_tried_free(&tried);
    }
}

static void the_serial_call_counts_and_a_nan_is_too_far(void **state) {
    (void)state;
    rtk_tried tried = use(wobble_when_serial, 1e9, RTK_THREADS, false);
    assert_int_equal(rtk_tried_findings(&tried, "ulps", NULL), 3);
    const char *summary = json_string_value(
        json_object_get(json_array_get(tried.findings, 0), "summary"));
    assert_non_null(strstr(summary, "element 7 of \"y\" differs by a NaN"));
    rtk_tried_free(&tried);
}

static void without_a_number_nothing_is_claimed(void **state) {
    (void)state;
    rtk_tried tried = use(wobble, 0, RTK_THREADS, false);
    assert_false(rtk_tried_judged(&tried, "ulps"));
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_one_apart_in_any_order),
        cmocka_unit_test(zero_lies_between_the_signs),
        cmocka_unit_test(a_nan_equals_only_another_nan),
        cmocka_unit_test(the_distance_is_that_of_the_outermost),
        cmocka_unit_test(whole_numbers_are_not_measured),
        cmocka_unit_test(more_than_is_claimed_is_a_finding_of_each_actor),
        cmocka_unit_test(actors_with_one_input_are_measured_together),
        cmocka_unit_test(the_serial_call_counts_and_a_nan_is_too_far),
        cmocka_unit_test(without_a_number_nothing_is_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
