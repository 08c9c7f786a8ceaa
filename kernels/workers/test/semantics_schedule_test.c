/* Every schedule runs every part once, however parts and workers relate; and
 * parts beyond 2^32 keep their numbers. */

#include "kernels/workers/test/semantics.h"

static rtk_loop run_as(rtk_pool *pool, unsigned workers, rtk_schedule schedule,
                       slots *s) {
    rtk_loop loop = {0};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = s->parts,
                     .run = slots_note,
                     .arg = s,
                     .schedule = schedule};
    assert_int_equal(RTK_OK, rtk_work_run(&work, &loop));
    return loop;
}

static void assert_complete(const rtk_loop *loop, const slots *s) {
    assert_true(slots_are(s, 1));
    assert_int_equal(s->parts, loop->parts_run);
    assert_int_equal(s->parts, loop->failed_part);
    assert_int_equal(s->parts, loop->first_unrun);
    assert_int_equal(RTK_MAP_KEPT, loop->map_fault);
    assert_int_equal(s->parts, loop->map_part);
}

static void run_all_sizes(rtk_pool *pool, unsigned workers,
                          rtk_schedule schedule) {
    const size_t sizes[] = {0,       1,           2,    3,     workers - 1,
                            workers, workers + 1, 1000, 100003};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        slots s = slots_new(sizes[i]);
        rtk_loop loop = run_as(pool, workers, schedule, &s);
        assert_complete(&loop, &s);
        unsigned most = sizes[i] < workers ? (unsigned)sizes[i] : workers;
        assert_int_equal(most ? most : 1, loop.effective);
        slots_free(&s);
    }
}

static void every_schedule_runs_every_part_once(void **state) {
    rtk_pool *pool = pool_that_shares(MAX_WORKERS);
    (void)state;
    for (unsigned workers = 1; workers <= MAX_WORKERS; workers++)
        for (int schedule = 0; schedule < SCHEDULES; schedule++)
            run_all_sizes(pool, workers, (rtk_schedule)schedule);
    rtk_pool_free(pool);
}

static void a_schedule_that_does_not_exist_is_refused(void **state) {
    slots s = slots_new(4);
    rtk_work work = {.size = sizeof work,
                     .workers = 2,
                     .parts = 4,
                     .run = slots_note,
                     .arg = &s,
                     .schedule = (rtk_schedule)SCHEDULES};
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_work_run(&work, NULL));
    assert_true(slots_are(&s, 0));
    slots_free(&s);
}

/* ---- More parts than 32 bits count -----------------------------------------
 */

/* All threads come once, and each asks to stop. */
typedef struct far {
    meeting m;
    rtk_cancel cancel;
    _Atomic unsigned n;
    size_t ran[4 * MAX_WORKERS];
} far;

static rtk_status go_far(void *arg, size_t part) {
    far *f = arg;
    /* Relaxed: an index, and no more. */
    unsigned i = atomic_fetch_add_explicit(&f->n, 1, memory_order_relaxed);
    if (i < 4 * MAX_WORKERS) f->ran[i] = part;
    meeting_attend(&f->m);
    rtk_cancel_request(&f->cancel);
    return RTK_OK;
}

static size_t largest(const far *f, unsigned n) {
    size_t most = 0;
    for (unsigned i = 0; i < n; i++)
        if (f->ran[i] > most) most = f->ran[i];
    return most;
}

static size_t first_not_in(const far *f, unsigned n) {
    for (size_t part = 0;; part++) {
        bool ran = false;
        for (unsigned i = 0; i < n; i++) ran = ran || f->ran[i] == part;
        if (!ran) return part;
    }
}

static void stop_far(rtk_pool *pool, size_t parts, unsigned workers,
                     rtk_schedule schedule) {
    far f = {0};
    rtk_loop loop = {0};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = parts,
                     .run = go_far,
                     .arg = &f,
                     .schedule = schedule,
                     .cancel = &f.cancel};
    meeting_set_up(&f.m, workers);
    assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
    meeting_tear_down(&f.m);
    unsigned n = atomic_load_explicit(&f.n, memory_order_relaxed);
    assert_int_equal(workers, n);
    assert_int_equal(n, loop.parts_run);
    assert_int_equal(first_not_in(&f, n), loop.first_unrun);
    assert_int_equal(parts, loop.failed_part);
    /* The last of equal runs begins in the second half. */
    if (schedule == RTK_STATIC && workers > 1)
        assert_true(largest(&f, n) >= parts / 2 && largest(&f, n) < parts);
}

static void more_parts_than_32_bits_keep_their_numbers(void **state) {
    const size_t sizes[] = {((size_t)1 << 32) - 1, ((size_t)1 << 32) + 1,
                            ((size_t)1 << 33) + 7, SIZE_MAX / 2, SIZE_MAX};
    rtk_pool *pool = pool_that_shares(4);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned workers = 1; workers <= 4; workers++)
            for (int schedule = 0; schedule < SCHEDULES; schedule++)
                stop_far(pool, sizes[i], workers, (rtk_schedule)schedule);
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_runs_every_part_once),
        cmocka_unit_test(a_schedule_that_does_not_exist_is_refused),
        cmocka_unit_test(more_parts_than_32_bits_keep_their_numbers),
    };
    share_always();
    return RTK_RUN(tests);
}
