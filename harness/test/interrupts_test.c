/* Signals that interrupt calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "harness/test/try_subject.h"

/* Waits as a careful library does. */
static void rest(void) {
    struct timespec left = {.tv_nsec = 300000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static rtk_status patient(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    (void)self, (void)instance, (void)call;
    rest();
    rtk_try_double(views);
    return RTK_OK;
}

/* Takes the end of a wait for what it waited for. */
static rtk_status hasty(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)call;
    if (nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL) == 0)
        rtk_try_double(views);
    return RTK_OK;
}

static atomic_uint own; /* signals that the subject's handler got */

static void on_own(int number) {
    atomic_fetch_add_explicit(&own, number == SIGUSR2, memory_order_relaxed);
}

static rtk_status catch (void *self, const rtk_args *args,
                         const rtk_views *views, int64_t workers,
                         void **instance) {
    struct sigaction how;
    (void)self, (void)args, (void)views, (void)workers;
    memset(&how, 0, sizeof how);
    how.sa_handler = on_own;
    sigaction(SIGUSR2, &how, NULL);
    *instance = NULL;
    return RTK_OK;
}

static void leave(void *self, void *instance) {
    (void)self, (void)instance;
}

/* Fails once its handler has been called: so a test can see that from here. */
static rtk_status fails_when_caught(void *self, void *instance,
                                    const rtk_views *views, rtk_call *call) {
    (void)self, (void)instance, (void)call;
    rest();
    rtk_try_double(views);
    bool seen = atomic_load_explicit(&own, memory_order_relaxed) > 0;
    return seen ? RTK_EFAILED : RTK_OK;
}

static rtk_tried tried(rtk_try_call run, bool interrupts, bool catches) {
    rtk_try what = {.run = run,
                    .claims = {.mt = RTK_MT_SAFE},
                    .usage = {.actors = RTK_THREADS,
                              .instance = RTK_INSTANCE_OWN,
                              .interrupts = interrupts}};
    if (catches) what.open = catch, what.close = leave;
    return rtk_try_run(&what);
}

static json_int_t interrupted(const rtk_tried *t) {
    return json_integer_value(json_object_get(t->trial, "interrupted_calls"));
}

static void calls_are_interrupted_and_a_careful_one_is_right(void **state) {
    (void)state;
    rtk_tried t = tried(patient, true, false);
    assert_true(interrupted(&t) > 0);
    assert_int_equal(json_array_size(t.findings), 0);
    rtk_tried_free(&t);
}

static void a_wait_that_is_not_taken_up_again_is_found(void **state) {
    (void)state;
    rtk_tried t = tried(hasty, true, false);
    assert_true(rtk_tried_findings(&t, "bits", NULL) > 0);
    rtk_tried_free(&t);
}

static void without_signals_nobody_is_interrupted(void **state) {
    (void)state;
    rtk_tried t = tried(hasty, false, false);
    assert_null(json_object_get(t.trial, "interrupted_calls"));
    assert_int_equal(json_array_size(t.findings), 0);
    rtk_tried_free(&t);
}

static void what_the_library_catches_is_sent(void **state) {
    (void)state;
    rtk_tried t = tried(fails_when_caught, true, true);
    assert_true(rtk_tried_findings(&t, "status", NULL) > 0);
    rtk_tried_free(&t);
    t = tried(fails_when_caught, false, true);
    assert_int_equal(rtk_tried_findings(&t, "status", NULL), 0);
    rtk_tried_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_interrupted_and_a_careful_one_is_right),
        cmocka_unit_test(a_wait_that_is_not_taken_up_again_is_found),
        cmocka_unit_test(without_signals_nobody_is_interrupted),
        cmocka_unit_test(what_the_library_catches_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
