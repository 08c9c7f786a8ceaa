#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "kernels/workers/threads/cpu_placement.h"
#include "kernels/workers/workers.h"

enum { MANY = 1 << 20, UNTOUCHED = 99 };
#define MAX ((int64_t)RTK_WORKERS_MAX)

static int no_override(void **state) {
    (void)state;
    return unsetenv("RACETRACK_CPUS");
}

/* ---- The table ------------------------------------------------------------
 */

/* What `workers` of a loop of `parts` comes to; 0: refused. */
typedef struct row {
    int64_t workers;
    size_t parts;
    unsigned count;
} row;

static void assert_row(row r) {
    unsigned count = UNTOUCHED;
    rtk_status s = rtk_workers_resolve(r.workers, r.parts, &count);
    if (count != (r.count ? r.count : UNTOUCHED) ||
        s != (r.count ? RTK_OK : RTK_EINVAL))
        fail_msg("%lld workers of %zu parts: status %d, count %u, not %u",
                 (long long)r.workers, r.parts, (int)s, count, r.count);
}

/* On any machine. */
static const row table[] = {
    /* unset: the context default, 1 at first */
    {RTK_WORKERS_DEFAULT, MANY, 1},
    {RTK_WORKERS_DEFAULT, 1, 1},
    {RTK_WORKERS_DEFAULT, 0, 1},
    {RTK_WORKERS_DEFAULT, SIZE_MAX, 1},
    /* k >= 1: that many, capped by the parts */
    {1, MANY, 1},
    {1, 0, 1},
    {2, MANY, 2},
    {2, 2, 2},
    {2, 1, 1},
    {2, 0, 1},
    {7, 8, 7},
    {7, 7, 7},
    {7, 6, 6},
    {7, SIZE_MAX, 7},
    /* and by what a loop can have */
    {MAX - 1, MANY, RTK_WORKERS_MAX - 1},
    {MAX, MANY, RTK_WORKERS_MAX},
    {MAX + 1, MANY, RTK_WORKERS_MAX},
    {MAX, RTK_WORKERS_MAX - 1, RTK_WORKERS_MAX - 1},
    {INT32_MAX, MANY, RTK_WORKERS_MAX},
    {INT64_C(1) << 32, MANY, RTK_WORKERS_MAX},
    {(INT64_C(1) << 32) + 1, MANY, RTK_WORKERS_MAX},
    {INT64_MAX, MANY, RTK_WORKERS_MAX},
    {INT64_MAX, SIZE_MAX, RTK_WORKERS_MAX},
    {INT64_MAX, 3, 3},
    {INT64_MAX, 0, 1},
    /* 0: refused, whatever the parts */
    {0, MANY, 0},
    {0, 1, 0},
    {0, 0, 0},
    /* below the wrap: refused */
    {INT32_MIN, MANY, 0},
    {-(INT64_C(1) << 32), MANY, 0},
    {-(INT64_C(1) << 32) - 1, MANY, 0},
    {INT64_MIN + 1, MANY, 0},
    {INT64_MIN + 1, 0, 0},
    {INT64_MIN + 2, SIZE_MAX, 0},
};

static void assert_wraps_at(int64_t cpus) {
    assert_int_equal(cpus, rtk_cpus_usable());
    for (int64_t k = 1; k <= cpus; k++) {
        unsigned count = (unsigned)(cpus + 1 - k);
        assert_row((row){-k, MANY, count});
        assert_row((row){-k, SIZE_MAX, count});
        assert_row((row){-k, 1, 1});
        assert_row((row){-k, 0, 1});
    }
    for (size_t parts = 0; parts <= MANY; parts += MANY / 4) {
        assert_row((row){-cpus - 1, parts, 0});
        assert_row((row){-cpus - 2, parts, 0});
        assert_row((row){-cpus - 1000000, parts, 0});
    }
}

static void the_grammar_is_as_the_table_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_row(table[i]);
}

static void negative_workers_wrap_at_the_usable_cpus(void **state) {
    (void)state;
    int64_t all = rtk_cpus_usable();
    assert_wraps_at(all);
    for (int64_t cpus = 1; cpus <= all; cpus++) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)cpus);
        setenv("RACETRACK_CPUS", text, 1);
        assert_wraps_at(cpus);
    }
    unsetenv("RACETRACK_CPUS");
}

static void negative_workers_follow_the_mask_of_the_moment(void **state) {
    cpu_set_t all, one;
    unsigned before = 0, within = 0, after = 0;
    (void)state;
    assert_int_equal(0, sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(RTK_OK, rtk_workers_resolve(-1, MANY, &before));
    assert_int_equal(0, sched_setaffinity(0, sizeof one, &one));
    rtk_status s = rtk_workers_resolve(-1, MANY, &within);
    rtk_status below = rtk_workers_resolve(-2, MANY, &after);
    assert_int_equal(0, sched_setaffinity(0, sizeof all, &all));
    assert_int_equal(RTK_OK, s);
    assert_int_equal(1, within);
    assert_int_equal(RTK_EINVAL, below);
    assert_int_equal(RTK_OK, rtk_workers_resolve(-1, MANY, &after));
    assert_int_equal(before, after);
}

/* ---- The context default --------------------------------------------------
 */

static void the_context_default_nests(void **state) {
    int64_t first = 0, second = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(3, &first));
    assert_int_equal(1, first);
    assert_row((row){RTK_WORKERS_DEFAULT, 9, 3});
    assert_int_equal(RTK_OK, rtk_workers_default_set(2, &second));
    assert_int_equal(3, second);
    assert_row((row){RTK_WORKERS_DEFAULT, 9, 2});
    assert_row((row){RTK_WORKERS_DEFAULT, 1, 1});
    /* What is asked for by number is not touched. */
    assert_row((row){7, 9, 7});
    rtk_workers_default_restore(&second);
    assert_int_equal(3, rtk_workers_default());
    rtk_workers_default_restore(&first);
    assert_int_equal(1, rtk_workers_default());
}

static void a_refused_default_changes_nothing(void **state) {
    static const int64_t refused[] = {0, -99999, INT64_MIN + 1, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int64_t previous = 77, outer = 0;
        assert_int_equal(RTK_OK, rtk_workers_default_set(5, &outer));
        assert_int_equal(RTK_EINVAL,
                         rtk_workers_default_set(refused[i], &previous));
        assert_int_equal(77, previous);
        assert_int_equal(5, rtk_workers_default());
        rtk_workers_default_restore(&outer);
    }
}

static void a_default_is_resolved_when_it_is_set(void **state) {
    int64_t previous = 0;
    (void)state;
    setenv("RACETRACK_CPUS", "1", 1);
    assert_int_equal(RTK_OK, rtk_workers_default_set(-1, &previous));
    unsetenv("RACETRACK_CPUS");
    assert_int_equal(1, rtk_workers_default());
    assert_int_equal(RTK_OK, rtk_workers_default_set(INT64_MAX, NULL));
    assert_int_equal(RTK_WORKERS_MAX, rtk_workers_default());
    /* The default itself is what it was. */
    assert_int_equal(RTK_OK, rtk_workers_default_set(6, NULL));
    assert_int_equal(RTK_OK,
                     rtk_workers_default_set(RTK_WORKERS_DEFAULT, NULL));
    assert_int_equal(6, rtk_workers_default());
    rtk_workers_default_restore(&previous);
    assert_int_equal(1, rtk_workers_default());
}

/* Sets `workers` for a block that it leaves early. */
static rtk_status leave_early(int64_t workers, int64_t *within) {
    RTK_RESTORED int64_t previous = 0;
    rtk_status s = rtk_workers_default_set(workers, &previous);
    if (s) return s;
    *within = rtk_workers_default();
    return RTK_EFAILED;
}

static rtk_status leave_two(int64_t *within) {
    RTK_RESTORED int64_t previous = 0;
    rtk_status s = rtk_workers_default_set(8, &previous);
    if (!s) s = leave_early(9, within);
    return s;
}

static void every_way_out_restores_the_default(void **state) {
    int64_t within = 0;
    (void)state;
    assert_int_equal(RTK_EFAILED, leave_early(4, &within));
    assert_int_equal(4, within);
    assert_int_equal(1, rtk_workers_default());
    assert_int_equal(RTK_EINVAL, leave_early(0, &within));
    assert_int_equal(1, rtk_workers_default());
    assert_int_equal(RTK_EFAILED, leave_two(&within));
    assert_int_equal(9, within);
    assert_int_equal(1, rtk_workers_default());
}

/* ---- Who has it -----------------------------------------------------------
 */

static void *look(void *slot) {
    *(int64_t *)slot = rtk_workers_default();
    return NULL;
}

static void a_thread_inherits_no_default(void **state) {
    pthread_t thread;
    int64_t seen = 0, previous = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(4, &previous));
    assert_int_equal(0, pthread_create(&thread, NULL, look, &seen));
    pthread_join(thread, NULL);
    assert_int_equal(1, seen);
    assert_int_equal(4, rtk_workers_default());
    rtk_workers_default_restore(&previous);
}

enum { WORKERS = 3 };

/* A slot for each part. */
typedef struct meeting {
    pthread_barrier_t all; /* so that each part has a thread of its own */
    pthread_t caller, thread[WORKERS];
    int64_t seen[WORKERS];
    unsigned last[WORKERS]; /* what -cpus comes to; 0: refused */
    int64_t cpus;
} meeting;

static rtk_status look_in_part(void *arg, size_t part) {
    meeting *m = arg;
    pthread_barrier_wait(&m->all);
    m->thread[part] = pthread_self();
    m->seen[part] = rtk_workers_default();
    if (!pthread_equal(m->caller, m->thread[part]))
        rtk_cpu_leave(rtk_cpu_here(), true);
    (void)!rtk_workers_resolve(-m->cpus, 9, &m->last[part]);
    return RTK_OK;
}

static rtk_status meet(rtk_pool *pool, meeting *m) {
    m->cpus = rtk_cpus_usable();
    m->caller = pthread_self();
    pthread_barrier_init(&m->all, NULL, WORKERS);
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = WORKERS,
                     .parts = WORKERS,
                     .run = look_in_part,
                     .arg = m,
                     .schedule = RTK_DYNAMIC,
                     .part_ns = 1000000000};
    rtk_status s = rtk_work_run(&work, NULL);
    pthread_barrier_destroy(&m->all);
    return s;
}

static rtk_pool *sharing_pool(void) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = WORKERS, .always_share = 1};
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    return pool;
}

static void a_helper_inherits_no_default(void **state) {
    rtk_pool *pool = sharing_pool();
    int64_t previous = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(4, &previous));
    for (int round = 0; round < 20; round++) {
        meeting m = {0};
        assert_int_equal(RTK_OK, meet(pool, &m));
        for (int i = 0; i < WORKERS; i++)
            assert_int_equal(pthread_equal(m.thread[i], pthread_self()) ? 4 : 1,
                             m.seen[i]);
    }
    rtk_workers_default_restore(&previous);
    rtk_pool_free(pool);
}

/* Though helpers that leave their caller's CPU have another mask. */
static void a_part_resolves_alike_on_every_thread(void **state) {
    rtk_pool *pool = sharing_pool();
    (void)state;
    for (int round = 0; round < 20; round++) {
        meeting m = {0};
        assert_int_equal(RTK_OK, meet(pool, &m));
        for (int i = 0; i < WORKERS; i++) assert_int_equal(1, m.last[i]);
    }
    rtk_pool_free(pool);
}

static int default_in_child(void *arg) {
    (void)arg;
    return (int)rtk_workers_default();
}

static void *fork_at_one(void *slot) {
    *(int *)slot = unit_fork(default_in_child, NULL);
    return NULL;
}

static void a_child_keeps_the_forking_threads_default(void **state) {
    pthread_t thread;
    int64_t previous = 0;
    int of_thread = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(4, &previous));
    assert_int_equal(4, unit_fork(default_in_child, NULL));
    assert_int_equal(0, pthread_create(&thread, NULL, fork_at_one, &of_thread));
    pthread_join(thread, NULL);
    assert_int_equal(1, of_thread);
    rtk_workers_default_restore(&previous);
}

#define PLAIN(test) cmocka_unit_test_setup(test, no_override)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLAIN(the_grammar_is_as_the_table_says),
        PLAIN(negative_workers_wrap_at_the_usable_cpus),
        PLAIN(negative_workers_follow_the_mask_of_the_moment),
        PLAIN(the_context_default_nests),
        PLAIN(a_refused_default_changes_nothing),
        PLAIN(a_default_is_resolved_when_it_is_set),
        PLAIN(every_way_out_restores_the_default),
        PLAIN(a_thread_inherits_no_default),
        PLAIN(a_helper_inherits_no_default),
        PLAIN(a_part_resolves_alike_on_every_thread),
        PLAIN(a_child_keeps_the_forking_threads_default),
    };
    return RTK_RUN(tests);
}
