/* Which failure is reported, and what a loop that is asked to stop says of
 * itself: exactly, for any number of workers and any schedule. */

#include <signal.h>

#include "kernels/workers/test/semantics.h"

enum { PARTS = 120, ROUNDS = 6 };

/* Whose parts do something. */
typedef enum whose { FIRST, LAST, CALLERS, ALL, NOBODYS, WHOSE } whose;

/* What parts see, and their slots. */
typedef struct stage {
    whose fails, cancels;
    void (*stop)(rtk_cancel *cancel);
    rtk_cancel cancel;
    pthread_t caller;
    unsigned calls[PARTS];
    bool failed[PARTS], asked[PARTS];
} stage;

static bool is(whose w, const stage *s, size_t part) {
    switch (w) {
    case FIRST: return part == 0;
    case LAST: return part == PARTS - 1;
    case CALLERS: return pthread_equal(s->caller, pthread_self());
    case ALL: return true;
    default: return false;
    }
}

static rtk_status act(void *arg, size_t part) {
    stage *s = arg;
    s->calls[part]++;
    if (is(s->cancels, s, part)) {
        s->asked[part] = true;
        s->stop(&s->cancel);
    }
    if (!is(s->fails, s, part)) return RTK_OK;
    s->failed[part] = true;
    /* Each failure is a different one from its neighbours'. */
    return part % 2 ? RTK_EIO : RTK_EFAILED;
}

/* The first part whose flag is `value`, or PARTS. */
static size_t first(const bool *flags, bool value) {
    size_t i = 0;
    while (i < PARTS && flags[i] != value) i++;
    return i;
}

static void assert_told(const stage *s, rtk_status status,
                        const rtk_loop *loop) {
    bool ran[PARTS];
    size_t n = 0;
    for (size_t i = 0; i < PARTS; i++) {
        assert_true(s->calls[i] <= 1);
        ran[i] = s->calls[i];
        n += s->calls[i];
    }
    size_t failed = first(s->failed, true);
    assert_int_equal(n, loop->parts_run);
    assert_int_equal(failed, loop->failed_part);
    assert_int_equal(first(ran, false), loop->first_unrun);
    assert_int_equal(RTK_MAP_KEPT, loop->map_fault);
    assert_int_equal(PARTS, loop->map_part);
    rtk_status expected = n < PARTS ? RTK_ECANCELLED : RTK_OK;
    if (failed < PARTS) expected = failed % 2 ? RTK_EIO : RTK_EFAILED;
    assert_int_equal(expected, status);
    if (s->cancels == NOBODYS) assert_int_equal(PARTS, n);
    assert_int_equal(first(s->asked, true) < PARTS,
                     rtk_cancel_requested(&s->cancel));
}

static void play(rtk_pool *pool, stage *s, unsigned workers,
                 rtk_schedule schedule) {
    rtk_loop loop = {0};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = PARTS,
                     .run = act,
                     .arg = s,
                     .schedule = schedule,
                     .cancel = &s->cancel};
    s->caller = pthread_self();
    rtk_status status = rtk_work_run(&work, &loop);
    assert_told(s, status, &loop);
}

static void play_all(whose fails, whose cancels, void (*stop)(rtk_cancel *)) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    for (int round = 0; round < ROUNDS; round++)
        for (unsigned workers = 1; workers <= MAX_WORKERS; workers++)
            for (int schedule = 0; schedule < SCHEDULES; schedule++) {
                stage s = {.fails = fails, .cancels = cancels, .stop = stop};
                play(pool, &s, workers, (rtk_schedule)schedule);
            }
    rtk_pool_free(pool);
}

static void the_first_failure_is_reported_whoevers_it_is(void **state) {
    (void)state;
    for (whose w = FIRST; w <= ALL; w++) play_all(w, NOBODYS, NULL);
}

/* ---- Asked to stop ---------------------------------------------------------
 */

static void what_was_left_out_is_told_exactly(void **state) {
    (void)state;
    for (whose w = FIRST; w <= ALL; w++)
        play_all(NOBODYS, w, rtk_cancel_request);
}

static void a_failure_counts_more_than_being_stopped(void **state) {
    (void)state;
    for (whose fails = FIRST; fails <= ALL; fails++)
        for (whose stops = FIRST; stops <= ALL; stops++)
            play_all(fails, stops, rtk_cancel_request);
}

/* Written before the signal is raised by the thread that handles it. */
static _Atomic(rtk_cancel *) to_cancel;

static void on_signal(int number) {
    (void)number;
    rtk_cancel_request(atomic_load_explicit(&to_cancel, memory_order_relaxed));
}

static void by_signal(rtk_cancel *cancel) {
    atomic_store_explicit(&to_cancel, cancel, memory_order_relaxed);
    raise(SIGUSR1);
}

static void a_signal_handler_may_stop_a_loop(void **state) {
    struct sigaction action = {.sa_handler = on_signal}, before;
    (void)state;
    sigaction(SIGUSR1, &action, &before);
    /* Only the caller: helpers have their signals blocked. */
    play_all(NOBODYS, CALLERS, by_signal);
    sigaction(SIGUSR1, &before, NULL);
}

static void a_loop_that_was_stopped_before_runs_nothing(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    rtk_cancel cancel = {0};
    (void)state;
    rtk_cancel_request(&cancel);
    for (int again = 0; again < 3; again++)
        for (unsigned workers = 1; workers <= 4; workers++) {
            slots s = slots_new(PARTS);
            rtk_loop loop = {0};
            rtk_work work = {.size = sizeof work,
                             .executor = rtk_pool_executor(pool),
                             .workers = workers,
                             .parts = PARTS,
                             .run = slots_note,
                             .arg = &s,
                             .cancel = &cancel};
            assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
            assert_true(slots_are(&s, 0));
            assert_int_equal(0, loop.parts_run);
            assert_int_equal(0, loop.first_unrun);
            assert_int_equal(PARTS, loop.failed_part);
            assert_true(rtk_cancel_requested(&cancel));
            slots_free(&s);
        }
    rtk_pool_free(pool);
}

static void a_loop_without_parts_was_not_stopped(void **state) {
    rtk_cancel cancel = {0};
    rtk_loop loop = {0};
    slots s = slots_new(0);
    rtk_work work = {.size = sizeof work,
                     .workers = 4,
                     .run = slots_note,
                     .arg = &s,
                     .cancel = &cancel};
    (void)state;
    rtk_cancel_request(&cancel);
    assert_int_equal(RTK_OK, rtk_work_run(&work, &loop));
    assert_int_equal(0, loop.first_unrun);
    slots_free(&s);
}

/* ---- From another thread ---------------------------------------------------
 */

enum { WATCHED = 1 << 20 };

/* A loop that only ends because it is stopped. `ran` has a slot for each of the
 * first parts. */
typedef struct endless {
    rtk_cancel cancel;
    _Atomic bool begun;
    _Atomic size_t n;
    bool *ran;
} endless;

static rtk_status go_on(void *arg, size_t part) {
    endless *e = arg;
    if (part < WATCHED) e->ran[part] = true;
    /* Relaxed: a count, and a flag alone. */
    atomic_fetch_add_explicit(&e->n, 1, memory_order_relaxed);
    atomic_store_explicit(&e->begun, true, memory_order_relaxed);
    return RTK_OK;
}

static void *stop_it(void *arg) {
    endless *e = arg;
    while (!atomic_load_explicit(&e->begun, memory_order_relaxed))
        sched_yield();
    rtk_cancel_request(&e->cancel);
    return NULL;
}

static void stop_endless(rtk_pool *pool, unsigned workers,
                         rtk_schedule schedule) {
    endless e = {.ran = calloc(WATCHED, sizeof *e.ran)};
    rtk_loop loop = {0};
    pthread_t id;
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = SIZE_MAX / 2,
                     .run = go_on,
                     .arg = &e,
                     .schedule = schedule,
                     .cancel = &e.cancel};
    assert_non_null(e.ran);
    assert_int_equal(0, pthread_create(&id, NULL, stop_it, &e));
    assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
    pthread_join(id, NULL);
    size_t n = atomic_load_explicit(&e.n, memory_order_relaxed), i = 0;
    assert_int_equal(n, loop.parts_run);
    assert_true(loop.first_unrun <= n);
    for (; i < WATCHED && i < loop.first_unrun; i++) assert_true(e.ran[i]);
    if (i < WATCHED) assert_false(e.ran[i]);
    free(e.ran);
}

static void a_huge_loop_is_stopped_by_another_thread(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    for (unsigned workers = 1; workers <= MAX_WORKERS; workers++)
        for (int schedule = 0; schedule < SCHEDULES; schedule++)
            stop_endless(pool, workers, (rtk_schedule)schedule);
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_is_reported_whoevers_it_is),
        cmocka_unit_test(what_was_left_out_is_told_exactly),
        cmocka_unit_test(a_failure_counts_more_than_being_stopped),
        cmocka_unit_test(a_signal_handler_may_stop_a_loop),
        cmocka_unit_test(a_loop_that_was_stopped_before_runs_nothing),
        cmocka_unit_test(a_loop_without_parts_was_not_stopped),
        cmocka_unit_test(a_huge_loop_is_stopped_by_another_thread),
    };
    share_always();
    return RTK_RUN(tests);
}
