#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <string.h>

#include "harness/oracles/linearize.h"
#include "harness/test/try_subject.h"

/* ---- Histories --------------------------------------------------------------
 * A word says what a call does, its result what it gave.
 */

typedef struct thing {
    uint64_t value;    /* of the register and the counter */
    uint64_t queue[8]; /* oldest first */
    unsigned length;
} thing;

enum { NONE = 99 };

static bool write_it(thing *t, uint64_t given) {
    t->value = given;
    return true;
}

static bool read_it(thing *t, uint64_t got) {
    return t->value == got;
}

static bool count(thing *t, uint64_t got) {
    return ++t->value == got;
}

static bool put(thing *t, uint64_t given) {
    if (t->length == 8) return false;
    t->queue[t->length++] = given;
    return true;
}

static bool take(thing *t, uint64_t got) {
    if (!t->length) return got == NONE;
    uint64_t first = t->queue[0];
    memmove(t->queue, t->queue + 1, sizeof t->queue - sizeof *t->queue);
    t->length--;
    return first == got;
}

typedef struct meaning {
    bool (*apply)(thing *t, uint64_t result);
} meaning;

static const meaning writes = {write_it}, reads = {read_it}, counts = {count},
                     puts_ = {put}, takes = {take};

static bool apply(void *context, void *state, unsigned actor,
                  const rtk_event *event) {
    (void)context, (void)actor;
    const meaning *m = event->what;
    return m->apply(state, event->result);
}

/* The answer for up to three actors; a history ends with what NULL. */
static rtk_linearity ask(const rtk_event *const actors[3],
                         rtk_impasse *impasse) {
    static const thing start;
    rtk_history h = {
        .state_bytes = sizeof start, .start = &start, .apply = apply};
    for (unsigned a = 0; a < 3 && actors[a]; a++, h.actors++) {
        h.event[a] = actors[a];
        while (actors[a][h.n[a]].what) h.n[a]++;
    }
    return rtk_linearize(&h, impasse);
}

/* begun, ended, result, what */
#define AT(begun, ended, result, what)                                         \
    { begun, ended, result, &what, 0 }
#define DONE                                                                   \
    { 0, 0, 0, NULL, 0 }

static void a_register_may_be_read_old_or_new_during_a_write(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event writer[] = {AT(10, 50, 7, writes), DONE};
    const rtk_event old_new[] = {AT(15, 20, 0, reads), AT(25, 30, 7, reads),
                                 DONE};
    const rtk_event new_old[] = {AT(15, 20, 7, reads), AT(25, 30, 0, reads),
                                 DONE};
    assert_int_equal(
        ask((const rtk_event *const[3]){writer, old_new, NULL}, &at),
        RTK_LINEAR);
    assert_int_equal(
        ask((const rtk_event *const[3]){writer, new_old, NULL}, &at),
        RTK_NOT_LINEAR);
}

static void what_was_written_cannot_be_missed_later(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event writer[] = {AT(10, 20, 7, writes), DONE};
    const rtk_event late[] = {AT(30, 40, 0, reads), DONE};
    const rtk_event touching[] = {AT(20, 40, 0, reads), DONE};
    assert_int_equal(ask((const rtk_event *const[3]){writer, late, NULL}, &at),
                     RTK_NOT_LINEAR);
    assert_int_equal(at.explained, 1);
    assert_int_equal(at.actor, 1);
    assert_int_equal(at.next[0], 1);
    /* Begun when the other ended: neither was first. */
    assert_int_equal(
        ask((const rtk_event *const[3]){writer, touching, NULL}, &at),
        RTK_LINEAR);
}

static void two_readers_agree_on_the_order_of_two_writes(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event both[] = {AT(0, 100, 1, writes), AT(110, 300, 2, writes),
                              DONE};
    const rtk_event one[] = {AT(120, 130, 1, reads), AT(140, 150, 2, reads),
                             DONE};
    const rtk_event two[] = {AT(160, 170, 1, reads), DONE};
    const rtk_event other[] = {AT(125, 170, 1, reads), DONE};
    assert_int_equal(ask((const rtk_event *const[3]){both, one, two}, &at),
                     RTK_NOT_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){both, one, other}, &at),
                     RTK_LINEAR);
}

static void a_counter_counts_each_call_once(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event one[] = {AT(0, 10, 2, counts), AT(11, 20, 4, counts), DONE};
    const rtk_event two[] = {AT(0, 10, 1, counts), AT(11, 20, 3, counts), DONE};
    const rtk_event lost[] = {AT(0, 10, 1, counts), AT(11, 20, 4, counts),
                              DONE};
    const rtk_event swapped[] = {AT(0, 10, 3, counts), AT(11, 20, 1, counts),
                                 DONE};
    assert_int_equal(ask((const rtk_event *const[3]){one, two, NULL}, &at),
                     RTK_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){one, lost, NULL}, &at),
                     RTK_NOT_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){one, swapped, NULL}, &at),
                     RTK_NOT_LINEAR);
}

static void a_queue_gives_in_the_order_it_was_given(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event giver[] = {AT(0, 10, 1, puts_), AT(20, 30, 2, puts_), DONE};
    const rtk_event first[] = {AT(5, 40, 1, takes), AT(50, 60, 2, takes), DONE};
    const rtk_event empty[] = {AT(5, 8, NONE, takes), AT(50, 60, 1, takes),
                               DONE};
    const rtk_event wrong[] = {AT(35, 40, 2, takes), AT(50, 60, 1, takes),
                               DONE};
    const rtk_event twice[] = {AT(35, 40, 1, takes), AT(50, 60, 1, takes),
                               DONE};
    const rtk_event missed[] = {AT(35, 40, NONE, takes), DONE};
    assert_int_equal(ask((const rtk_event *const[3]){giver, first, NULL}, &at),
                     RTK_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){giver, empty, NULL}, &at),
                     RTK_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){giver, wrong, NULL}, &at),
                     RTK_NOT_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){giver, twice, NULL}, &at),
                     RTK_NOT_LINEAR);
    assert_int_equal(ask((const rtk_event *const[3]){giver, missed, NULL}, &at),
                     RTK_NOT_LINEAR);
}

static void no_calls_are_linear(void **state) {
    (void)state;
    rtk_impasse at;
    const rtk_event none[] = {DONE};
    assert_int_equal(ask((const rtk_event *const[3]){none, none, NULL}, &at),
                     RTK_LINEAR);
}

/* ---- Subjects ---------------------------------------------------------------
 */

static rtk_status open_counter(void *self, const rtk_args *args,
                               const rtk_views *views, int64_t workers,
                               void **instance) {
    (void)args, (void)views, (void)workers;
    *instance = self;
    return RTK_OK;
}

static void close_counter(void *self, void *instance) {
    (void)self, (void)instance;
}

static rtk_status add_one(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    (void)self;
    rtk_try_double(views);
    /* Each call takes its own number; nothing else is handed over. */
    call->result =
        __atomic_add_fetch((uint64_t *)instance, 1, __ATOMIC_RELAXED);
    return RTK_OK;
}

/* Counts, but tells what its own actor has counted. */
static rtk_status tell_own(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    rtk_status s = add_one(self, instance, views, call);
    call->result = call->round + 1;
    return s;
}

static rtk_status model(void *self, void *state, rtk_call *call) {
    (void)self;
    call->result = ++*(uint64_t *)state;
    return RTK_OK;
}

static void start(void *self, const rtk_args *args, void *state) {
    (void)self, (void)args;
    *(uint64_t *)state = 0;
}

static rtk_tried use(rtk_try_call run, rtk_instances instance) {
    static uint64_t counter;
    rtk_try what = {
        .run = run,
        .open = open_counter,
        .close = close_counter,
        .actors = 4,
        .calls = 300,
        .op = {.model = model},
        .subject = {.self = &counter,
                    .model_bytes = sizeof counter,
                    .model_start = start},
        .usage = {.instance = instance},
        .claims = {.size = sizeof(rtk_claims), .repeatable = RTK_TIER_C}};
    return rtk_try_run(&what);
}

static void a_shared_counter_is_explained(void **state) {
    (void)state;
    rtk_tried tried = use(add_one, RTK_INSTANCE_SHARED);
    assert_true(rtk_tried_judged(&tried, "linearizability"));
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

static void one_that_tells_the_same_number_twice_is_not(void **state) {
    (void)state;
    rtk_tried tried = use(tell_own, RTK_INSTANCE_SHARED);
    assert_int_equal(rtk_tried_findings(&tried, "linearizability", NULL), 1);
    rtk_tried_free(&tried);
}

static void instances_of_ones_own_are_not_judged(void **state) {
    (void)state;
    rtk_tried tried = use(add_one, RTK_INSTANCE_OWN);
    assert_false(rtk_tried_judged(&tried, "linearizability"));
    rtk_tried_free(&tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_register_may_be_read_old_or_new_during_a_write),
        cmocka_unit_test(what_was_written_cannot_be_missed_later),
        cmocka_unit_test(two_readers_agree_on_the_order_of_two_writes),
        cmocka_unit_test(a_counter_counts_each_call_once),
        cmocka_unit_test(a_queue_gives_in_the_order_it_was_given),
        cmocka_unit_test(no_calls_are_linear),
        cmocka_unit_test(a_shared_counter_is_explained),
        cmocka_unit_test(one_that_tells_the_same_number_twice_is_not),
        cmocka_unit_test(instances_of_ones_own_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
