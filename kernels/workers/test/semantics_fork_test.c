/* A child that was forked at any moment has the runtime to itself, or does not
 * touch it; its parent goes on as before.
 *
 * ThreadSanitizer allows a child of a process with threads none of its own:
 * there the child asks for what needs none. */

#include "kernels/workers/test/semantics.h"

enum { PARTS = 64, WORKERS = 3, ROUNDS = 8, LOOPERS = 3, GRANDCHILDREN = 2 };

static bool threads_in_child(void) {
    return strcmp(RTK_LANE, "tsan") != 0;
}

/* ---- What a child does -----------------------------------------------------
 */

/* What the parent had; NULL is the process-wide pool. */
typedef struct given {
    rtk_pool *pool;
    int generations; /* that are still to be forked */
} given;

static const rtk_executor *executor_of(const given *g) {
    return g->pool ? rtk_pool_executor(g->pool) : NULL;
}

static int use_nothing(void *arg) {
    (void)arg;
    return 0;
}

/* 0, or the number of what was wrong. */
static int use_it(void *arg) {
    const given *g = arg;
    rtk_pool *pool = g->pool ? g->pool : rtk_pool_shared();
    if (rtk_pool_helpers(pool)) return 1;
    if (run_once(executor_of(g), 1, PARTS)) return 2;
    if (rtk_pool_helpers(pool)) return 3;
    if (!threads_in_child()) return 0;
    if (!gathers(executor_of(g), WORKERS)) return 4;
    for (int i = 0; i < 20; i++)
        if (run_once(executor_of(g), WORKERS, PARTS)) return 5;
    if (rtk_pool_helpers(pool) != WORKERS - 1) return 6;
    return unit_threads() == WORKERS ? 0 : 7;
}

static int use_and_free(void *arg) {
    const given *g = arg;
    int wrong = use_it(arg);
    if (rtk_pool_shutdown(g->pool)) return 11;
    rtk_pool_free(g->pool);
    return wrong ? wrong : unit_threads_become(1) ? 0 : 12;
}

static int free_at_once(void *arg) {
    const given *g = arg;
    rtk_pool_free(g->pool);
    return 0;
}

/* Forks before it uses the pool, and after. */
static int use_and_fork(void *arg) {
    given *g = arg;
    if (!g->generations--) return use_it(g);
    int before = unit_fork(use_and_fork, g);
    if (before) return before;
    int wrong = use_it(g);
    if (wrong || !threads_in_child()) return wrong;
    return unit_fork(use_and_fork, g);
}

static int (*const uses[])(void *) = {use_nothing, use_it, use_and_fork};
enum { USES = sizeof uses / sizeof *uses };

static void fork_all_kinds(rtk_pool *pool) {
    for (size_t i = 0; i < USES; i++) {
        given g = {.pool = pool, .generations = GRANDCHILDREN};
        assert_int_equal(0, unit_fork(uses[i], &g));
    }
}

static void assert_goes_on(rtk_pool *pool) {
    const rtk_executor *e = pool ? rtk_pool_executor(pool) : NULL;
    assert_true(gathers(e, WORKERS));
    assert_int_equal(RTK_OK, run_once(e, WORKERS, PARTS));
}

/* ---- The states of a parent ------------------------------------------------
 */

static void a_child_of_a_parent_that_has_not_looped_yet(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    fork_all_kinds(pool);
    fork_all_kinds(NULL);
    assert_goes_on(pool);
    assert_goes_on(NULL);
    rtk_pool_free(pool);
}

static void a_child_of_an_idle_parent(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        assert_goes_on(pool);
        fork_all_kinds(pool);
        assert_goes_on(NULL);
        fork_all_kinds(NULL);
        unsigned helpers = rtk_pool_helpers(pool);
        assert_int_equal(WORKERS - 1, helpers);
    }
    rtk_pool_free(pool);
}

static void a_child_may_free_a_pool_and_its_parent_keeps_it(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    given g = {.pool = pool};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        assert_goes_on(pool);
        assert_int_equal(0, unit_fork(use_and_free, &g));
        assert_int_equal(0, unit_fork(free_at_once, &g));
    }
    assert_goes_on(pool);
    rtk_pool_free(pool);
}

/* ---- A parent whose other threads are at it --------------------------------
 */

typedef struct looper {
    rtk_pool *pool;
    _Atomic bool *over;
    rtk_status status;
    pthread_t id;
} looper;

static bool goes_on(const looper *l) {
    /* Relaxed: a flag alone. */
    return !l->status && !atomic_load_explicit(l->over, memory_order_relaxed);
}

static void *loop_on(void *arg) {
    looper *l = arg;
    while (goes_on(l))
        l->status = run_once(l->pool ? rtk_pool_executor(l->pool) : NULL,
                             WORKERS, PARTS);
    return NULL;
}

static void *resize_on(void *arg) {
    looper *l = arg;
    for (unsigned i = 0; goes_on(l); i++)
        l->status = rtk_pool_resize(l->pool, WORKERS + i % 3);
    return NULL;
}

static void *shut_down_on(void *arg) {
    looper *l = arg;
    while (goes_on(l)) l->status = rtk_pool_shutdown(l->pool);
    return NULL;
}

static void *make_and_free_on(void *arg) {
    looper *l = arg;
    rtk_pool *pool = NULL;
    while (goes_on(l)) {
        l->status = rtk_pool_new(&pool, WORKERS);
        if (l->status) break;
        l->status = run_once(rtk_pool_executor(pool), WORKERS, PARTS);
        rtk_pool_free(pool);
    }
    return NULL;
}

static void fork_among(rtk_pool *pool, void *(*const *what)(void *), size_t n) {
    looper loopers[8];
    _Atomic bool over = false;
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        loopers[i] = (looper){.pool = pool, .over = &over};
        assert_int_equal(
            0, pthread_create(&loopers[i].id, NULL, what[i], &loopers[i]));
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < USES; i++) {
            given g = {.pool = pool, .generations = 1};
            int w = unit_fork(uses[i], &g);
            if (w) wrong = w;
        }
    atomic_store_explicit(&over, true, memory_order_relaxed);
    for (size_t i = 0; i < n; i++) pthread_join(loopers[i].id, NULL);
    assert_int_equal(0, wrong);
    for (size_t i = 0; i < n; i++) assert_int_equal(RTK_OK, loopers[i].status);
}

static void a_child_of_a_parent_that_is_inside_loops(void **state) {
    void *(*const what[])(void *) = {loop_on, loop_on, loop_on};
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    fork_among(pool, what, 1);
    fork_among(pool, what, 3);
    fork_among(NULL, what, 3);
    assert_goes_on(pool);
    assert_goes_on(NULL);
    rtk_pool_free(pool);
}

static void a_child_of_a_parent_whose_pools_come_and_go(void **state) {
    void *(*const what[])(void *) = {loop_on, resize_on, shut_down_on,
                                     make_and_free_on};
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    fork_among(pool, what, 4);
    assert_int_equal(RTK_OK, rtk_pool_resize(pool, WORKERS));
    assert_goes_on(pool);
    rtk_pool_free(pool);
}

/* ---- Inside a part ---------------------------------------------------------
 */

/* What the child of a part does. */
typedef enum way {
    ENDS,     /* at once */
    NESTS,    /* runs a loop inside the part, and ends */
    RETURNS,  /* from the part: the loop ends, or the helper */
    CONTINUES /* returns, and then uses the pool again */
} way;

typedef struct forker {
    rtk_pool *pool;
    way way;
    bool helper; /* whose part forks */
    pthread_t caller;
    meeting m;
    pid_t child;
    unsigned calls[2];
} forker;

static void be_child(const forker *f) {
    alarm(CHILD_SECONDS);
    if (f->way == ENDS) _exit(0);
    if (f->way == NESTS)
        _exit(run_once(rtk_pool_executor(f->pool), WORKERS, PARTS) ? 21 : 0);
    /* The caller's stack is out of LeakSanitizer's sight in a helper's child,
     * which ends as the last thread does. */
    if (f->helper && !strcmp(RTK_LANE, "asan")) _exit(0);
}

static rtk_status fork_in_part(void *arg, size_t part) {
    forker *f = arg;
    f->calls[part]++;
    if (!meeting_attend(&f->m)) return RTK_EFAILED;
    bool helper = !pthread_equal(pthread_self(), f->caller);
    if (helper != f->helper) return RTK_OK;
    f->child = fork();
    if (!f->child) be_child(f);
    return f->child < 0 ? RTK_EFAILED : RTK_OK;
}

/* In the child, after its loop. */
static int after_loop(const forker *f, rtk_status s, const rtk_loop *loop) {
    given g = {.pool = f->pool};
    if (s != RTK_ECANCELLED) return 31;
    if (loop->map_fault || loop->failed_part != 2) return 32;
    return f->way == CONTINUES ? use_it(&g) : 0;
}

static void fork_inside(rtk_pool *pool, way w, bool helper) {
    forker f = {
        .pool = pool, .way = w, .helper = helper, .caller = pthread_self()};
    pid_t parent = getpid();
    rtk_loop loop = {0};
    int status = -1;
    meeting_set_up(&f.m, 2);
    rtk_status s = rtk_parallel_for(rtk_pool_executor(pool), 2, 2, fork_in_part,
                                    &f, &loop);
    if (getpid() != parent) _exit(after_loop(&f, s, &loop));
    assert_int_equal(RTK_OK, s);
    assert_int_equal(2, loop.parts_run);
    assert_true(f.child > 0);
    assert_int_equal(f.child, waitpid(f.child, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
    assert_int_equal(1, f.calls[0]);
    assert_int_equal(1, f.calls[1]);
    meeting_tear_down(&f.m);
    assert_goes_on(pool);
}

static void fork_inside_often(way w) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    for (int round = 0; round < ROUNDS; round++) {
        fork_inside(pool, w, false);
        fork_inside(pool, w, true);
    }
    rtk_pool_free(pool);
}

static void a_child_of_a_part_may_end(void **state) {
    (void)state;
    fork_inside_often(ENDS);
}

static void a_child_of_a_part_may_loop_in_it(void **state) {
    (void)state;
    fork_inside_often(NESTS);
}

static void a_child_that_returns_from_its_part_is_cancelled(void **state) {
    (void)state;
    fork_inside_often(RETURNS);
}

static void a_child_that_left_its_part_may_use_the_pool(void **state) {
    (void)state;
    fork_inside_often(CONTINUES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_a_parent_that_has_not_looped_yet),
        cmocka_unit_test(a_child_of_an_idle_parent),
        cmocka_unit_test(a_child_may_free_a_pool_and_its_parent_keeps_it),
        cmocka_unit_test(a_child_of_a_parent_that_is_inside_loops),
        cmocka_unit_test(a_child_of_a_parent_whose_pools_come_and_go),
        cmocka_unit_test(a_child_of_a_part_may_end),
        cmocka_unit_test(a_child_of_a_part_may_loop_in_it),
        cmocka_unit_test(a_child_that_returns_from_its_part_is_cancelled),
        cmocka_unit_test(a_child_that_left_its_part_may_use_the_pool),
    };
    share_always();
    count_threads_from_here();
    if (!threads_in_child())
        print_message("skipped in children: what needs threads of theirs, "
                      "which ThreadSanitizer does not allow\n");
    return RTK_RUN(tests);
}
