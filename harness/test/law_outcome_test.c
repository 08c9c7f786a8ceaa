#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/test/try_subject.h"

/* ---- Laws -------------------------------------------------------------------
 */

/* The sum of "y" is twice that of "x". */
static rtk_status sum_doubles(void *self, void *instance, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self, (void)instance, (void)args, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    double sum_x = 0, sum_y = 0;
    for (size_t i = 0; i < RTK_TRY_N; i++) sum_x += x[i], sum_y += y[i];
    truth->error = fabs(sum_y - 2 * sum_x) / sum_x;
    snprintf(truth->text, sizeof truth->text, "sums %g and %g", sum_x, sum_y);
    return RTK_OK;
}

static rtk_status needs_instance(void *self, void *instance,
                                 const rtk_args *args, const rtk_views *views,
                                 const rtk_call *call, rtk_truth *truth) {
    (void)self, (void)args, (void)views, (void)call;
    truth->error = instance ? 0 : 1;
    return RTK_OK;
}

static rtk_status unsupported(void *self, void *instance, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self, (void)instance, (void)args, (void)views, (void)call;
    (void)truth;
    return RTK_EUNSUPPORTED;
}

static const rtk_law laws[] = {
    {sizeof(rtk_law), "sum", "twice the sum", sum_doubles},
    {sizeof(rtk_law), "instance", "there is an instance", needs_instance},
    {sizeof(rtk_law), "other", "cannot be tried", unsupported}};

static rtk_status wrong_once(void *self, void *instance, const rtk_views *views,
                             rtk_call *call) {
    (void)self, (void)instance;
    double *y = rtk_view_at(views, 1)->data;
    rtk_try_double(views);
    if (call->round == 5 && call->actor == 1) y[3] = NAN;
    return RTK_OK;
}

static rtk_status open_something(void *self, const rtk_args *args,
                                 const rtk_views *views, int64_t workers,
                                 void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = instance;
    return RTK_OK;
}

static void close_something(void *self, void *instance) {
    (void)self, (void)instance;
}

static rtk_try with_laws(rtk_instances instance) {
    return (rtk_try){
        .open = open_something,
        .close = close_something,
        .op = {.laws = laws, .n_laws = 3, .law_size = sizeof *laws},
        .usage = {.instance = instance},
        .claims = {.size = sizeof(rtk_claims),
                   .repeatable = RTK_TIER_C,
                   .tolerance = 1e-12}};
}

static void a_sound_subject_obeys_with_any_instance(void **state) {
    (void)state;
    static const rtk_instances ways[] = {RTK_INSTANCE_OWN, RTK_INSTANCE_SHARED,
                                         RTK_INSTANCE_EACH_CALL};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        rtk_try what = with_laws(ways[i]);
        rtk_tried tried = rtk_try_run(&what);
        assert_true(rtk_tried_judged(&tried, "law"));
        assert_int_equal(json_array_size(tried.findings), 0);
        rtk_tried_free(&tried);
    }
}

static void one_deviant_call_breaks_a_law_by_name(void **state) {
    (void)state;
    rtk_try what = with_laws(RTK_INSTANCE_OWN);
    what.run = wrong_once;
    rtk_tried tried = rtk_try_run(&what);
    assert_int_equal(rtk_tried_findings(&tried, "law", "sum"), 1);
    assert_int_equal(json_array_size(tried.findings), 1);
    rtk_tried_free(&tried);
}

/* ---- Outcomes ---------------------------------------------------------------
 */

/* Says what `self` is. */
static rtk_status observe(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room) {
    (void)instance;
    const double *first = rtk_view_at(actors[0], 1)->data;
    const double *last = rtk_view_at(actors[n - 1], 1)->data;
    const char *text = self;
    snprintf(outcome, room, "%s", first[0] > 0 && last[0] > 0 ? text : "none");
    return RTK_OK;
}

static rtk_status observe_nothing(void *self, void *instance,
                                  const rtk_views *const *actors, size_t n,
                                  char *outcome, size_t room) {
    (void)self, (void)instance, (void)actors, (void)n;
    if (room) outcome[0] = 0;
    return RTK_EUNSUPPORTED;
}

static const rtk_outcome table[] = {
    {sizeof(rtk_outcome), "1, 1", RTK_FORBIDDEN, "both were first"},
    {sizeof(rtk_outcome), "1, *", RTK_ACCEPTABLE, NULL},
    {sizeof(rtk_outcome), "2, 1", RTK_INTERESTING, "they overlapped"},
    {sizeof(rtk_outcome), "[34], *", RTK_REQUIRED, "must be seen"}};

static rtk_tried come_to(char *text) {
    rtk_try what = {.subject = {.self = text,
                                .observe = observe,
                                .outcomes = table,
                                .n_outcomes = 4,
                                .outcome_size = sizeof *table},
                    .claims = {.size = sizeof(rtk_claims)}};
    return rtk_try_run(&what);
}

static const char *told(const rtk_tried *tried, const char *key) {
    return json_string_value(json_object_get(tried->trial, key));
}

static void the_first_pattern_that_fits_gives_the_grade(void **state) {
    (void)state;
    static const char *const cases[][4] = {
        {"1, 1", "1, 1", "forbidden", "forbidden outcome"},
        {"1, 2", "1, *", "acceptable", NULL},
        {"2, 1", "2, 1", "interesting", NULL},
        {"4, 7", "[34], *", "required", NULL},
        {"5, 5", "", "forbidden", "outcome not in the table"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        rtk_tried tried = come_to(text);
        assert_true(rtk_tried_judged(&tried, "outcome"));
        assert_string_equal(told(&tried, "outcome"), cases[i][0]);
        assert_string_equal(told(&tried, "pattern"), cases[i][1]);
        assert_string_equal(told(&tried, "grade"), cases[i][2]);
        assert_int_equal(json_array_size(tried.findings), cases[i][3] != NULL);
        if (cases[i][3])
            assert_int_equal(rtk_tried_findings(&tried, "outcome", cases[i][3]),
                             1);
        rtk_tried_free(&tried);
    }
}

static void what_cannot_be_observed_is_not_judged(void **state) {
    (void)state;
    rtk_try what = {.subject = {.observe = observe_nothing,
                                .outcomes = table,
                                .n_outcomes = 4,
                                .outcome_size = sizeof *table},
                    .claims = {.size = sizeof(rtk_claims)}};
    rtk_tried tried = rtk_try_run(&what);
    assert_false(rtk_tried_judged(&tried, "outcome"));
    assert_null(told(&tried, "outcome"));
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_subject_obeys_with_any_instance),
        cmocka_unit_test(one_deviant_call_breaks_a_law_by_name),
        cmocka_unit_test(the_first_pattern_that_fits_gives_the_grade),
        cmocka_unit_test(what_cannot_be_observed_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
