#include "kernels/workers/test/unit.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/workers/calibrate.h"

static const rtk_crossover_plan quick = {
    .size = sizeof quick, .workers = 2, .least_ns = 1000, .most_ns = 64000};

/* As a plan cannot be copied with designators in a call. */
static rtk_crossover_plan changed(unsigned workers, double pause_s,
                                  double budget_s) {
    rtk_crossover_plan plan = quick;
    plan.workers = workers;
    plan.pause_s = pause_s;
    plan.budget_s = budget_s;
    return plan;
}

static void a_plan_that_makes_no_sense_is_refused(void **state) {
    const rtk_crossover_plan bad[] = {
        changed(0, 0, 0),
        changed(1, 0, 0),
        changed(RTK_WORKERS_MAX + 1, 0, 0),
        changed(2, -1, 0),
        changed(2, NAN, 0),
        changed(2, 0, -1),
        changed(2, 0, NAN),
        {.size = sizeof quick, .workers = 2, .least_ns = 9, .most_ns = 9},
    };
    rtk_crossover_found found = {.searches = 77};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_crossover_measure(&bad[i], &found));
    assert_int_equal(77, found.searches);
}

typedef struct seen {
    unsigned calls, backwards;
    double last;
} seen;

static void note(void *to, double done) {
    seen *s = to;
    s->calls++;
    s->backwards += !(done >= s->last && done <= 1);
    s->last = done;
}

/* Without a budget the least there is: three searches. */
static void what_is_found_lies_in_the_range_and_in_order(void **state) {
    (void)state;
    for (int asleep = 0; asleep < 2; asleep++) {
        rtk_crossover_plan plan = changed(2, asleep ? 1e-4 : 0, 0);
        rtk_crossover_found found = {0};
        seen progress = {0};
        plan.progress = note;
        plan.to = &progress;
        unsigned before = unit_threads();
        assert_int_equal(RTK_OK, rtk_crossover_measure(&plan, &found));
        assert_int_equal(3, found.searches);
        assert_int_equal(3, progress.calls);
        assert_int_equal(0, progress.backwards);
        assert_true(progress.last == 1);
        assert_true(plan.least_ns <= found.low_ns);
        assert_true(found.low_ns <= found.median_ns);
        assert_true(found.median_ns <= found.high_ns);
        assert_true(found.high_ns <= plan.most_ns);
        assert_true(found.never + found.always <= found.searches);
        assert_true(unit_threads_become(before));
    }
}

static void cancel(void *to, double done) {
    (void)done;
    rtk_cancel_request(to);
}

static void it_can_be_cancelled_and_then_says_nothing(void **state) {
    rtk_cancel stop = {0};
    rtk_crossover_plan plan = changed(2, 0, 60);
    rtk_crossover_found found = {.searches = 77};
    (void)state;
    plan.cancel = &stop;
    plan.progress = cancel;
    plan.to = &stop;
    unsigned before = unit_threads();
    assert_int_equal(RTK_ECANCELLED, rtk_crossover_measure(&plan, &found));
    assert_int_equal(77, found.searches);
    assert_true(unit_threads_become(before));
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of many, taken in turn: ten times the work is not less than three
 * times as long. */
static void ten_times_the_work_takes_longer(void **state) {
    enum { TURNS = 31 };
    double ratio[TURNS];
    (void)state;
    rtk_crossover_work(1);
    for (int i = 0; i < TURNS; i++) {
        double start = now_ns();
        rtk_crossover_work(20000);
        double middle = now_ns();
        rtk_crossover_work(200000);
        ratio[i] = (now_ns() - middle) / (middle - start);
    }
    qsort(ratio, TURNS, sizeof *ratio, ascending);
    assert_true(ratio[TURNS / 2] > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_that_makes_no_sense_is_refused),
        cmocka_unit_test(what_is_found_lies_in_the_range_and_in_order),
        cmocka_unit_test(it_can_be_cancelled_and_then_says_nothing),
        cmocka_unit_test(ten_times_the_work_takes_longer),
    };
    return RTK_RUN(tests);
}
