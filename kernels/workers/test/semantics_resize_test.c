/* Pools that change their size, are shut down and freed while they are used.
 */

#include <semaphore.h>

#include "kernels/workers/test/semantics.h"

enum { PARTS = 64, STORM_LOOPS = 300, STOPPERS = 8, STARTERS = 4 };

/* ---- Resizing --------------------------------------------------------------
 */

static void the_thread_count_follows_the_size(void **state) {
    const unsigned sizes[] = {4, 2, 8, 1, 3, 7, 1, 5};
    rtk_pool *pool = pool_that_shares(4);
    const rtk_executor *e = rtk_pool_executor(pool);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(RTK_OK, rtk_pool_resize(pool, sizes[i]));
        assert_true(rtk_pool_helpers(pool) <= sizes[i] - 1);
        assert_true(gathers(e, sizes[i]));
        assert_int_equal(sizes[i] - 1, rtk_pool_helpers(pool));
        assert_true(unit_threads_become(threads_at_rest + sizes[i] - 1));
        rtk_loop loop = {0};
        slots s = slots_new(PARTS);
        assert_int_equal(RTK_OK,
                         rtk_parallel_for(e, 9, PARTS, slots_note, &s, &loop));
        assert_int_equal(sizes[i], loop.effective);
        slots_free(&s);
    }
    rtk_pool_free(pool);
    assert_true(unit_threads_become(threads_at_rest));
}

static void a_size_out_of_range_is_refused(void **state) {
    rtk_pool *pool = pool_that_shares(3);
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_pool_resize(pool, 0));
    assert_int_equal(RTK_EINVAL, rtk_pool_resize(pool, RTK_WORKERS_MAX + 1));
    assert_true(gathers(rtk_pool_executor(pool), 3));
    rtk_pool_free(pool);
}

/* A loop of which one part resizes the pool that runs it. */
typedef struct resizer {
    rtk_pool *pool;
    unsigned to;
    size_t who; /* the part that does it */
    slots s;
    meeting m;
    rtk_status status;
} resizer;

static rtk_status resize_inside(void *arg, size_t part) {
    resizer *r = arg;
    if (part < 2 && !meeting_attend(&r->m)) return RTK_EFAILED;
    if (part == r->who) r->status = rtk_pool_resize(r->pool, r->to);
    return slots_note(&r->s, part);
}

static void resize_while_running(size_t who, unsigned to) {
    resizer r = {.pool = pool_that_shares(4), .to = to, .who = who};
    rtk_loop loop = {0};
    r.s = slots_new(PARTS);
    r.status = RTK_EFAILED;
    meeting_set_up(&r.m, 2);
    const rtk_executor *e = rtk_pool_executor(r.pool);
    rtk_work work = {.size = sizeof work,
                     .executor = e,
                     .workers = 4,
                     .parts = PARTS,
                     .run = resize_inside,
                     .arg = &r,
                     .schedule = RTK_DYNAMIC};
    assert_int_equal(RTK_OK, rtk_work_run(&work, &loop));
    assert_int_equal(RTK_OK, r.status);
    assert_int_equal(4, loop.effective);
    assert_true(slots_are(&r.s, 1));
    assert_true(rtk_pool_helpers(r.pool) <= (to < 4 ? to - 1 : 3));
    assert_true(gathers(e, to));
    assert_int_equal(to - 1, rtk_pool_helpers(r.pool));
    assert_true(unit_threads_become(threads_at_rest + to - 1));
    meeting_tear_down(&r.m);
    slots_free(&r.s);
    rtk_pool_free(r.pool);
}

static void a_part_may_resize_the_pool_that_runs_it(void **state) {
    (void)state;
    /* Of the first two parts, which meet, at most one is the caller's. */
    for (int round = 0; round < 10; round++)
        for (size_t who = 0; who < 2; who++)
            for (unsigned to = 1; to <= 6; to++) resize_while_running(who, to);
}

typedef struct storm {
    rtk_pool *pool;
    _Atomic bool over;
    rtk_status status;
} storm;

static void *resize_often(void *arg) {
    storm *s = arg;
    /* Relaxed: a flag alone. */
    for (unsigned i = 0; !atomic_load_explicit(&s->over, memory_order_relaxed);
         i++) {
        rtk_status status = rtk_pool_resize(s->pool, 1 + i * 5 % MAX_WORKERS);
        if (status) s->status = status;
    }
    return NULL;
}

static void *loop_often(void *arg) {
    storm *s = arg;
    for (int i = 0; !s->status && i < STORM_LOOPS; i++)
        s->status =
            run_once(rtk_pool_executor(s->pool), 1 + i % MAX_WORKERS, PARTS);
    return NULL;
}

static void resizing_in_a_storm_of_loops_loses_nothing(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    storm resizers[2] = {{.pool = pool}, {.pool = pool}};
    storm loops[STARTERS] = {0};
    pthread_t resizer_id[2], loop_id[STARTERS];
    (void)state;
    for (size_t i = 0; i < STARTERS; i++) {
        loops[i].pool = pool;
        assert_int_equal(
            0, pthread_create(&loop_id[i], NULL, loop_often, &loops[i]));
    }
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(0, pthread_create(&resizer_id[i], NULL, resize_often,
                                           &resizers[i]));
    for (size_t i = 0; i < STARTERS; i++) pthread_join(loop_id[i], NULL);
    for (size_t i = 0; i < 2; i++) {
        atomic_store_explicit(&resizers[i].over, true, memory_order_relaxed);
        pthread_join(resizer_id[i], NULL);
        assert_int_equal(RTK_OK, resizers[i].status);
    }
    for (size_t i = 0; i < STARTERS; i++)
        assert_int_equal(RTK_OK, loops[i].status);
    assert_int_equal(RTK_OK, rtk_pool_resize(pool, 3));
    assert_true(gathers(rtk_pool_executor(pool), 3));
    assert_true(rtk_pool_helpers(pool) <= 2 * STARTERS);
    rtk_pool_free(pool);
}

/* ---- Shutting down ---------------------------------------------------------
 */

static void after_a_shutdown_there_is_no_thread_and_loops_work(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    (void)state;
    assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
    for (int i = 0; i < 10; i++) {
        assert_true(gathers(rtk_pool_executor(pool), 4));
        assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
        assert_int_equal(0, rtk_pool_helpers(pool));
        assert_true(unit_threads_become(threads_at_rest));
        assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
    }
    rtk_pool_free(pool);
}

/* Helpers that look for the next loop, for long, are no less stopped. */
static void helpers_that_look_are_stopped_and_resized(void **state) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {.size = sizeof options,
                                .threads = 4,
                                .idle = RTK_IDLE_SPIN,
                                .always_share = 1};
    (void)state;
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    for (unsigned i = 0; i < 60; i++) {
        unsigned threads = 2 + i % 3;
        assert_int_equal(RTK_OK, rtk_pool_resize(pool, threads));
        assert_true(gathers(rtk_pool_executor(pool), threads));
        assert_int_equal(threads - 1, rtk_pool_helpers(pool));
        if (i % 4) continue;
        assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
        assert_true(unit_threads_become(threads_at_rest));
    }
    rtk_pool_free(pool);
    assert_true(unit_threads_become(threads_at_rest));
}

/* A loop that is held in a helper's part while another thread shuts down. */
typedef struct held {
    rtk_pool *pool;
    meeting m;
    sem_t go;
    _Atomic int stopper; /* its thread id in the kernel, when it begins */
    _Atomic bool returned;
    bool too_early; /* the part saw that the shutdown had returned */
    rtk_status stop, loop;
} held;

static rtk_status hold(void *arg, size_t part) {
    held *h = arg;
    if (!meeting_attend(&h->m)) return RTK_EFAILED;
    if (part) return RTK_OK;
    while (sem_wait(&h->go)) {
    }
    h->too_early = atomic_load_explicit(&h->returned, memory_order_relaxed);
    return RTK_OK;
}

static void *run_held(void *arg) {
    held *h = arg;
    h->loop = rtk_parallel_for(rtk_pool_executor(h->pool), 2, 2, hold, h, NULL);
    return NULL;
}

static void *stop_held(void *arg) {
    held *h = arg;
    atomic_store_explicit(&h->stopper, (int)syscall(SYS_gettid),
                          memory_order_relaxed);
    h->stop = rtk_pool_shutdown(h->pool);
    atomic_store_explicit(&h->returned, true, memory_order_relaxed);
    return NULL;
}

static void a_shutdown_waits_for_loops_that_run(void **state) {
    held h = {.pool = pool_that_shares(2)};
    pthread_t runner, stopper;
    int tid;
    (void)state;
    meeting_set_up(&h.m, 3);
    sem_init(&h.go, 0, 0);
    assert_int_equal(0, pthread_create(&runner, NULL, run_held, &h));
    assert_true(meeting_attend(&h.m));
    assert_int_equal(0, pthread_create(&stopper, NULL, stop_held, &h));
    while (!(tid = atomic_load_explicit(&h.stopper, memory_order_relaxed)))
        sched_yield();
    while (!thread_rests(tid)) sched_yield();
    assert_false(atomic_load_explicit(&h.returned, memory_order_relaxed));
    sem_post(&h.go);
    pthread_join(stopper, NULL);
    pthread_join(runner, NULL);
    assert_int_equal(RTK_OK, h.stop);
    assert_int_equal(RTK_OK, h.loop);
    assert_false(h.too_early);
    assert_int_equal(0, rtk_pool_helpers(h.pool));
    assert_true(gathers(rtk_pool_executor(h.pool), 2));
    sem_destroy(&h.go);
    meeting_tear_down(&h.m);
    rtk_pool_free(h.pool);
}

static void *stop_often(void *arg) {
    storm *s = arg;
    for (int i = 0; !s->status && i < STORM_LOOPS; i++)
        s->status = rtk_pool_shutdown(s->pool);
    return NULL;
}

static void shutdowns_in_a_storm_of_loops_lose_nothing(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    storm all[STOPPERS + STARTERS] = {0};
    pthread_t id[STOPPERS + STARTERS];
    (void)state;
    for (size_t i = 0; i < STOPPERS + STARTERS; i++) {
        all[i].pool = pool;
        assert_int_equal(
            0, pthread_create(&id[i], NULL,
                              i < STOPPERS ? stop_often : loop_often, &all[i]));
    }
    for (size_t i = 0; i < STOPPERS + STARTERS; i++) {
        pthread_join(id[i], NULL);
        assert_int_equal(RTK_OK, all[i].status);
    }
    assert_int_equal(RTK_OK, rtk_pool_shutdown(pool));
    assert_true(unit_threads_become(threads_at_rest));
    assert_true(gathers(rtk_pool_executor(pool), 4));
    rtk_pool_free(pool);
}

/* ---- Freeing ---------------------------------------------------------------
 */

static void freeing_nothing_or_everyones_pool_does_nothing(void **state) {
    (void)state;
    rtk_pool_free(NULL);
    assert_true(gathers(NULL, 3));
    rtk_pool *shared = rtk_pool_shared();
    unsigned helpers = rtk_pool_helpers(shared);
    assert_true(helpers >= 2);
    rtk_pool_free(shared);
    assert_ptr_equal(shared, rtk_pool_shared());
    assert_int_equal(helpers, rtk_pool_helpers(shared));
    assert_int_equal(RTK_OK, rtk_pool_shutdown(shared));
    assert_int_equal(0, rtk_pool_helpers(shared));
    assert_true(gathers(NULL, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_thread_count_follows_the_size),
        cmocka_unit_test(a_size_out_of_range_is_refused),
        cmocka_unit_test(a_part_may_resize_the_pool_that_runs_it),
        cmocka_unit_test(resizing_in_a_storm_of_loops_loses_nothing),
        cmocka_unit_test(after_a_shutdown_there_is_no_thread_and_loops_work),
        cmocka_unit_test(helpers_that_look_are_stopped_and_resized),
        cmocka_unit_test(a_shutdown_waits_for_loops_that_run),
        cmocka_unit_test(shutdowns_in_a_storm_of_loops_lose_nothing),
        cmocka_unit_test(freeing_nothing_or_everyones_pool_does_nothing),
    };
    share_always();
    count_threads_from_here();
    return RTK_RUN(tests);
}
