/* Actors that wait for each other after every few calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>

#include "harness/test/try_subject.h"

enum { ACTORS = 4, BURST = 3, CALLS = 40, FAILING = 7 };

static atomic_uint ended[ACTORS]; /* calls of each */

/* Fails when somebody has not ended the bursts before this one. */
static rtk_status together(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    unsigned least = (unsigned)call->round / BURST * BURST;
    (void)self, (void)instance;
    for (unsigned i = 0; i < ACTORS; i++)
        if (atomic_load_explicit(&ended[i], memory_order_relaxed) < least)
            return RTK_EFAILED;
    if (call->actor == 0) sched_yield();
    rtk_try_double(views);
    atomic_fetch_add_explicit(&ended[call->actor], 1, memory_order_relaxed);
    return RTK_OK;
}

/* One actor cannot go on in the middle of a burst. */
static rtk_status one_fails(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self, (void)instance;
    rtk_try_double(views);
    return call->actor == 1 && call->round == FAILING ? RTK_EFAILED : RTK_OK;
}

static rtk_tried tried(rtk_try_call run, unsigned burst) {
    rtk_try what = {.run = run,
                    .claims = {.mt = RTK_MT_SAFE},
                    .actors = ACTORS,
                    .calls = CALLS,
                    .usage = {.actors = RTK_THREADS,
                              .instance = RTK_INSTANCE_OWN,
                              .burst = burst}};
    return rtk_try_run(&what);
}

static json_int_t calls(const rtk_tried *t) {
    return json_integer_value(json_object_get(t->trial, "calls"));
}

static void nobody_begins_a_burst_before_all_have_ended_the_last(void **state) {
    (void)state;
    rtk_tried t = tried(together, BURST);
    assert_int_equal(json_array_size(t.findings), 0);
    assert_int_equal(calls(&t), ACTORS * CALLS);
    rtk_tried_free(&t);
}

static void all_end_when_one_cannot_go_on(void **state) {
    (void)state;
    rtk_tried t = tried(one_fails, BURST);
    assert_int_equal(rtk_tried_findings(&t, "status", NULL), 1);
    /* The burst that the others were in, and no more. */
    unsigned whole = (FAILING / BURST + 1) * BURST;
    assert_int_equal(calls(&t), (ACTORS - 1) * whole + FAILING + 1);
    rtk_tried_free(&t);
    t = tried(one_fails, 0);
    assert_int_equal(calls(&t), (ACTORS - 1) * CALLS + FAILING + 1);
    rtk_tried_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_begins_a_burst_before_all_have_ended_the_last),
        cmocka_unit_test(all_end_when_one_cannot_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
