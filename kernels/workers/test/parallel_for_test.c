#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "kernels/workers/workers.h"

enum { PARTS = 97 };

/* Each part has a slot of its own. */
typedef struct slots {
    unsigned calls[PARTS];
    rtk_status status[PARTS];
    unsigned inner[PARTS]; /* effective workers of a loop inside */
    pthread_t runner[PARTS];
} slots;

static rtk_status note(void *arg, size_t part) {
    slots *s = arg;
    s->calls[part]++;
    s->runner[part] = pthread_self();
    return s->status[part];
}

static void assert_each_ran_once(const slots *s) {
    for (size_t i = 0; i < PARTS; i++) assert_int_equal(1, s->calls[i]);
}

/* ---- Maps, sound and not --------------------------------------------------
 */

static rtk_status backwards(void *self, rtk_part run, void *arg, size_t parts,
                            unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = parts; i-- > 0;) (void)!run(arg, i);
    return RTK_OK;
}

static rtk_status dropping(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = 0; i + 1 < parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

static rtk_status repeating(void *self, rtk_part run, void *arg, size_t parts,
                            unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return run(arg, 5);
}

static rtk_status inventing(void *self, rtk_part run, void *arg, size_t parts,
                            unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = 0; i <= parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

static rtk_status refusing(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    rtk_status s = backwards(self, run, arg, parts, workers);
    return s ? s : RTK_ECANCELLED;
}

/* Hands on the failure it saw first, which is the last in input order. */
static rtk_status hasty(void *self, rtk_part run, void *arg, size_t parts,
                        unsigned workers) {
    rtk_status first = RTK_OK;
    (void)self;
    (void)workers;
    for (size_t i = parts; i-- > 0;) {
        rtk_status s = run(arg, i);
        if (!first) first = s;
    }
    return first;
}

typedef rtk_status map_fn(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers);

static rtk_status through(map_fn *map, slots *s, rtk_loop *loop) {
    rtk_executor executor = {
        .size = sizeof executor, .name = "test", .map = map};
    return rtk_parallel_for(&executor, 2, PARTS, note, s, loop);
}

/* ---- Facts ----------------------------------------------------------------
 */

static void every_executor_runs_each_part_once(void **state) {
    const rtk_executor *all[] = {NULL, rtk_executor_serial(),
                                 rtk_executor_threads()};
    (void)state;
    for (size_t e = 0; e < 3; e++)
        for (int64_t workers = 1; workers <= 5; workers++) {
            slots s = {0};
            rtk_loop loop = {0};
            assert_int_equal(RTK_OK, rtk_parallel_for(all[e], workers, PARTS,
                                                      note, &s, &loop));
            assert_each_ran_once(&s);
            assert_int_equal(PARTS, loop.parts_run);
            assert_int_equal(PARTS, loop.failed_part);
            assert_int_equal(e == 1 ? 1 : workers, loop.effective);
        }
}

static void a_loop_without_parts_is_done(void **state) {
    rtk_loop loop = {0};
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_OK, rtk_parallel_for(NULL, 4, 0, note, &s, &loop));
    assert_int_equal(1, loop.effective);
    assert_int_equal(0, loop.parts_run);
}

static void bad_arguments_run_nothing(void **state) {
    slots s = {0};
    rtk_executor no_map = {.size = sizeof no_map};
    (void)state;
    assert_int_equal(RTK_EINVAL,
                     rtk_parallel_for(NULL, 0, PARTS, note, &s, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_parallel_for(NULL, -9999, PARTS, note, &s, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_parallel_for(NULL, 2, PARTS, NULL, &s, NULL));
    assert_int_equal(RTK_EINVAL,
                     rtk_parallel_for(&no_map, 2, PARTS, note, &s, NULL));
    for (size_t i = 0; i < PARTS; i++) assert_int_equal(0, s.calls[i]);
}

static void the_first_failure_in_input_order_is_reported(void **state) {
    const rtk_executor *all[] = {rtk_executor_serial(), rtk_executor_threads()};
    (void)state;
    for (int round = 0; round < 50; round++)
        for (size_t e = 0; e < 2; e++) {
            slots s = {0};
            rtk_loop loop = {0};
            s.status[31] = RTK_EFAILED;
            s.status[32] = RTK_EIO;
            s.status[96] = RTK_ENOMEM;
            assert_int_equal(RTK_EFAILED, rtk_parallel_for(all[e], 3, PARTS,
                                                           note, &s, &loop));
            assert_int_equal(31, loop.failed_part);
            assert_int_equal(PARTS, loop.parts_run);
            assert_each_ran_once(&s);
        }
}

static rtk_status inside(void *arg, size_t part) {
    slots *s = arg;
    slots nested = {0};
    rtk_loop loop = {0};
    rtk_status status = rtk_parallel_for(NULL, 4, PARTS, note, &nested, &loop);
    s->inner[part] = loop.effective;
    for (size_t i = 0; i < PARTS; i++)
        s->calls[part] += nested.calls[i] == 1 &&
                          pthread_equal(nested.runner[i], pthread_self());
    return status;
}

static void nested_loops_run_serially(void **state) {
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_OK,
                     rtk_parallel_for(NULL, 3, PARTS, inside, &s, NULL));
    for (size_t i = 0; i < PARTS; i++) {
        assert_int_equal(1, s.inner[i]);
        assert_int_equal(PARTS, s.calls[i]);
    }
}

static void after_a_loop_the_caller_may_have_workers_again(void **state) {
    slots s = {0};
    rtk_loop loop = {0};
    (void)state;
    assert_int_equal(RTK_OK,
                     rtk_parallel_for(NULL, 3, PARTS, inside, &s, NULL));
    assert_int_equal(RTK_OK, rtk_parallel_for(NULL, 3, PARTS, note, &s, &loop));
    assert_int_equal(3, loop.effective);
}

static void a_map_may_run_parts_in_any_order(void **state) {
    slots s = {0};
    rtk_loop loop = {0};
    (void)state;
    assert_int_equal(RTK_OK, through(backwards, &s, &loop));
    assert_each_ran_once(&s);
    assert_int_equal(2, loop.effective);
}

static void a_map_that_drops_a_part_is_caught(void **state) {
    slots s = {0};
    rtk_loop loop = {0};
    (void)state;
    assert_int_equal(RTK_EMAP, through(dropping, &s, &loop));
    assert_int_equal(PARTS - 1, loop.parts_run);
}

static void a_map_that_repeats_a_part_is_caught(void **state) {
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_EMAP, through(repeating, &s, NULL));
    assert_each_ran_once(&s);
}

static void a_map_that_invents_a_part_is_caught(void **state) {
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_EMAP, through(inventing, &s, NULL));
    assert_each_ran_once(&s);
}

static void the_status_of_a_map_is_handed_on(void **state) {
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_ECANCELLED, through(refusing, &s, NULL));
}

static void a_map_cannot_hide_the_first_failure(void **state) {
    slots s = {0};
    rtk_loop loop = {0};
    (void)state;
    s.status[3] = RTK_EFAILED;
    s.status[80] = RTK_EIO;
    assert_int_equal(RTK_EFAILED, through(hasty, &s, &loop));
    assert_int_equal(3, loop.failed_part);
}

/* A map that returns before its thread has called the last part. */
typedef struct deserter {
    pthread_barrier_t gate;
    pthread_t thread;
    rtk_part run;
    void *arg;
    rtk_status late;
} deserter;

static void *call_late(void *arg) {
    deserter *d = arg;
    pthread_barrier_wait(&d->gate);
    d->late = d->run(d->arg, PARTS - 1);
    return NULL;
}

static rtk_status desert(void *self, rtk_part run, void *arg, size_t parts,
                         unsigned workers) {
    deserter *d = self;
    d->run = run;
    d->arg = arg;
    if (pthread_create(&d->thread, NULL, call_late, d)) return RTK_ETHREAD;
    return dropping(NULL, run, arg, parts, workers);
}

static void a_part_called_too_late_does_nothing(void **state) {
    deserter d = {.late = RTK_OK};
    slots s = {0};
    rtk_executor executor = {
        .size = sizeof executor, .self = &d, .map = desert};
    (void)state;
    pthread_barrier_init(&d.gate, NULL, 2);
    assert_int_equal(RTK_EMAP,
                     rtk_parallel_for(&executor, 2, PARTS, note, &s, NULL));
    pthread_barrier_wait(&d.gate);
    pthread_join(d.thread, NULL);
    pthread_barrier_destroy(&d.gate);
    assert_int_equal(RTK_ECANCELLED, d.late);
    assert_int_equal(0, s.calls[PARTS - 1]);
}

/* A map that returns while a part still runs. */
typedef struct runaway {
    pthread_barrier_t entered;
    pthread_t thread;
    rtk_part run;
    void *arg;
    unsigned slot; /* written at the end of the slow part */
} runaway;

static rtk_status slow(void *arg, size_t part) {
    runaway *r = arg;
    struct timespec pause = {0, 20000000};
    if (part) return RTK_OK;
    pthread_barrier_wait(&r->entered);
    nanosleep(&pause, NULL);
    r->slot = 1;
    return RTK_OK;
}

static void *call_slow(void *arg) {
    runaway *r = arg;
    (void)!r->run(r->arg, 0);
    return NULL;
}

static rtk_status run_away(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    runaway *r = self;
    (void)workers;
    r->run = run;
    r->arg = arg;
    if (pthread_create(&r->thread, NULL, call_slow, r)) return RTK_ETHREAD;
    for (size_t i = 1; i < parts; i++) (void)!run(arg, i);
    pthread_barrier_wait(&r->entered);
    return RTK_OK;
}

static void nobody_is_left_running_on_a_dead_frame(void **state) {
    runaway r = {.slot = 0};
    rtk_loop loop = {0};
    rtk_executor executor = {
        .size = sizeof executor, .self = &r, .map = run_away};
    (void)state;
    pthread_barrier_init(&r.entered, NULL, 2);
    assert_int_equal(RTK_EMAP,
                     rtk_parallel_for(&executor, 2, PARTS, slow, &r, &loop));
    assert_int_equal(1, r.slot);
    assert_int_equal(RTK_MAP_LATE, loop.map_fault);
    assert_int_equal(PARTS, loop.parts_run);
    pthread_join(r.thread, NULL);
    pthread_barrier_destroy(&r.entered);
}

static void an_executor_says_how_many_workers_it_has(void **state) {
    rtk_executor executor = {
        .size = sizeof executor, .map = backwards, .most = 3};
    rtk_loop loop = {0};
    slots s = {0};
    (void)state;
    assert_int_equal(RTK_OK,
                     rtk_parallel_for(&executor, 8, PARTS, note, &s, &loop));
    assert_int_equal(3, loop.effective);
    executor.size = offsetof(rtk_executor, most);
    assert_int_equal(RTK_OK,
                     rtk_parallel_for(&executor, 8, PARTS, note, &s, &loop));
    assert_int_equal(8, loop.effective);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_executor_runs_each_part_once),
        cmocka_unit_test(a_loop_without_parts_is_done),
        cmocka_unit_test(bad_arguments_run_nothing),
        cmocka_unit_test(the_first_failure_in_input_order_is_reported),
        cmocka_unit_test(nested_loops_run_serially),
        cmocka_unit_test(after_a_loop_the_caller_may_have_workers_again),
        cmocka_unit_test(a_map_may_run_parts_in_any_order),
        cmocka_unit_test(a_map_that_drops_a_part_is_caught),
        cmocka_unit_test(a_map_that_repeats_a_part_is_caught),
        cmocka_unit_test(a_map_that_invents_a_part_is_caught),
        cmocka_unit_test(the_status_of_a_map_is_handed_on),
        cmocka_unit_test(a_map_cannot_hide_the_first_failure),
        cmocka_unit_test(a_part_called_too_late_does_nothing),
        cmocka_unit_test(nobody_is_left_running_on_a_dead_frame),
        cmocka_unit_test(an_executor_says_how_many_workers_it_has),
    };
    return RTK_RUN(tests);
}
