/* Points, with an algorithm of the test's own, which notes what it is asked. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "harness/perturb/algorithm.h"

enum { GAP = 16, ACCESSES = 20000, NOTES = 4096 };
#define LONG_NS UINT64_C(1000000000000)

/* What one thread was asked: how many accesses before, and with which bits. */
typedef struct notes {
    size_t n;
    uint64_t at[NOTES], bits[NOTES];
} notes;

static _Thread_local notes *noted;
static _Thread_local uint64_t access_number;

static void note(rtk_perturbed *self, const rtk_point *point) {
    (void)self;
    if (!noted || noted->n == NOTES) return;
    noted->at[noted->n] = access_number;
    noted->bits[noted->n++] = point->bits;
}

static const rtk_algorithm noting = {
    .name = "noting", .summary = "", .gap = GAP, .decide = note};

const rtk_algorithm *rtk_algorithm_find(const char *name) {
    return strcmp(name, "noting") == 0 ? &noting : NULL;
}

/* The countdown of tsan_points.c. */
static void touch(unsigned accesses) {
    for (unsigned i = 0; i < accesses; i++) {
        access_number++;
        if (rtk_point_due(RTK_POINT_READ))
            rtk_point_access(RTK_POINT_READ, &noted, NULL);
    }
}

/* The notes of actor `index` under `seed`. */
static void act(uint64_t seed, unsigned index, notes *to) {
    assert_int_equal(rtk_perturb_begin("noting", seed, LONG_NS), RTK_OK);
    *to = (notes){0};
    noted = to;
    access_number = 0;
    rtk_perturb_actor(index);
    rtk_perturb_enter();
    touch(ACCESSES);
    rtk_perturb_leave();
    rtk_perturb_end();
    noted = NULL;
}

static void decisions_come_from_seed_actor_and_event(void **state) {
    static notes first, again, seed, actor;
    (void)state;
    act(7, 1, &first);
    act(7, 1, &again);
    act(8, 1, &seed);
    act(7, 2, &actor);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(first.bits, seed.bits, sizeof first.bits);
    assert_memory_not_equal(first.at, seed.at, sizeof first.at);
    assert_memory_not_equal(first.bits, actor.bits, sizeof first.bits);
}

static void decisions_are_as_far_apart_as_the_algorithm_says(void **state) {
    static notes made;
    (void)state;
    act(1, 0, &made);
    assert_in_range(made.n, ACCESSES / GAP * 9 / 10, ACCESSES / GAP * 11 / 10);
    for (size_t i = 1; i < made.n; i++)
        assert_in_range(made.at[i] - made.at[i - 1], 1, 2 * GAP - 1);
}

/* What the harness does between two calls is neither held nor counted. */
static void outside_there_are_no_points(void **state) {
    static notes straight, broken;
    (void)state;
    act(3, 0, &straight);
    assert_int_equal(rtk_perturb_begin("noting", 3, LONG_NS), RTK_OK);
    noted = &broken;
    access_number = 0;
    rtk_perturb_actor(0);
    touch(1000);
    rtk_perturb_sync(RTK_POINT_LOCK, &noted, 0);
    assert_int_equal(broken.n, 0);
    for (unsigned i = 0; i < ACCESSES / 100; i++) {
        rtk_perturb_enter();
        touch(100);
        rtk_perturb_leave();
        touch(50);
    }
    rtk_perturb_end();
    noted = NULL;
    assert_int_equal(straight.n, broken.n);
    assert_memory_equal(straight.bits, broken.bits, sizeof straight.bits);
}

static void each_call_is_a_point(void **state) {
    static notes made;
    (void)state;
    assert_int_equal(rtk_perturb_begin("noting", 1, LONG_NS), RTK_OK);
    noted = &made;
    rtk_perturb_thread(5);
    for (int i = 0; i < 10; i++) rtk_perturb_sync(RTK_POINT_LOCK, &noted, 0);
    rtk_perturb_end();
    rtk_perturb_sync(RTK_POINT_LOCK, &noted, 0);
    noted = NULL;
    assert_int_equal(made.n, 10);
}

static void it_ends_with_its_time(void **state) {
    static notes made;
    (void)state;
    assert_int_equal(rtk_perturb_begin("noting", 1, 0), RTK_OK);
    noted = &made;
    rtk_perturb_thread(5);
    touch(ACCESSES);
    noted = NULL;
    assert_in_range(made.n, 1, 100);
}

static void *child(void *name) {
    static notes made;
    rtk_perturb_thread(*(uint64_t *)name);
    noted = &made;
    touch(ACCESSES);
    noted = NULL;
    *(uint64_t *)name = made.bits[made.n - 1];
    made.n = 0;
    return NULL;
}

/* A thread's name comes from who made it, not from who is first. */
static void threads_are_named_by_who_made_them(void **state) {
    uint64_t name[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        assert_int_equal(rtk_perturb_begin("noting", 4, LONG_NS), RTK_OK);
        rtk_perturb_thread(1);
        if (i) rtk_perturb_sync(RTK_POINT_LOCK, NULL, 0);
        name[i] = rtk_perturb_child();
        assert_int_not_equal(rtk_perturb_child(), name[i]);
        assert_int_equal(pthread_create(&thread, NULL, child, &name[i]), 0);
        pthread_join(thread, NULL);
        rtk_perturb_end();
    }
    assert_int_equal(name[0], name[1]);
}

static void pauses_keep_errno_and_count(void **state) {
    rtk_perturbed self = {.since_ns = rtk_pause_clock()};
    _Atomic uint32_t word = 1;
    (void)state;
    errno = 1234;
    rtk_pause_yield();
    rtk_pause(&self, 1000000);
    rtk_pause_while(&self, &word, 0, 1000000); /* not equal: at once */
    rtk_pause_while(&self, &word, 1, 1000000); /* until the time is over */
    rtk_pause_wake(&word);
    assert_int_equal(errno, 1234);
    assert_true(self.held_ns >= 2000000);
    assert_true(rtk_pause_clock() - self.since_ns >= 2000000);
    assert_true(rtk_pause_allowed(&self, 101));
    self.held_ns = UINT64_C(1) << 50;
    assert_false(rtk_pause_allowed(&self, 99));
}

static void unknown_algorithms_are_refused(void **state) {
    (void)state;
    assert_int_equal(rtk_perturb_begin("nothing", 1, 1), RTK_EINVAL);
    assert_int_equal(rtk_perturb_begin(NULL, 1, 1), RTK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_come_from_seed_actor_and_event),
        cmocka_unit_test(decisions_are_as_far_apart_as_the_algorithm_says),
        cmocka_unit_test(outside_there_are_no_points),
        cmocka_unit_test(each_call_is_a_point),
        cmocka_unit_test(it_ends_with_its_time),
        cmocka_unit_test(threads_are_named_by_who_made_them),
        cmocka_unit_test(pauses_keep_errno_and_count),
        cmocka_unit_test(unknown_algorithms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
