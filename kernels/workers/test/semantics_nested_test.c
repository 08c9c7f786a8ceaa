/* Loops inside loops run serially, wherever they are started; loops of many
 * threads at once are all right, and nobody waits for ever. */

#include "kernels/workers/test/semantics.h"

enum {
    INNER = 13,
    CALLERS = 64,
    LOOPS = 40,
    PARTS = 48,
    PASSING = 150,
    LENDERS = 4
};

/* ---- Inside a part ---------------------------------------------------------
 */

/* What a loop inside a part came to; one for each part. */
typedef struct inner {
    rtk_status status;
    rtk_loop loop;
    bool here; /* all of it ran on the part's own thread */
} inner;

typedef struct nest {
    const rtk_executor *executor; /* of the loops inside */
    unsigned depth;               /* how many more */
    meeting *m; /* of the outermost parts; NULL: do not wait */
    pthread_t by[INNER];
    inner in[INNER];
} nest;

static rtk_status dig(void *arg, size_t part) {
    nest *outer = arg;
    outer->by[part] = pthread_self();
    if (outer->m && !meeting_attend(outer->m)) return RTK_EFAILED;
    if (!outer->depth) return RTK_OK;
    nest deeper = {.executor = outer->executor, .depth = outer->depth - 1};
    inner *in = &outer->in[part];
    in->status =
        rtk_parallel_for(outer->executor, 4, INNER, dig, &deeper, &in->loop);
    in->here = true;
    for (size_t i = 0; i < INNER; i++) {
        in->here = in->here && pthread_equal(deeper.by[i], pthread_self());
        if (deeper.depth)
            in->here = in->here && deeper.in[i].here &&
                       deeper.in[i].loop.effective == 1;
    }
    return in->status;
}

/* Two parts, one in the caller and one in a helper, each with loops inside. */
static void nest_in(const rtk_executor *outer, const rtk_executor *executor,
                    unsigned depth) {
    meeting m;
    meeting_set_up(&m, 2);
    nest n = {.executor = executor, .depth = depth, .m = &m};
    assert_int_equal(RTK_OK, rtk_parallel_for(outer, 2, 2, dig, &n, NULL));
    meeting_tear_down(&m);
    assert_false(pthread_equal(n.by[0], n.by[1]));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(RTK_OK, n.in[i].status);
        assert_int_equal(1, n.in[i].loop.effective);
        assert_int_equal(INNER, n.in[i].loop.parts_run);
        assert_true(n.in[i].here);
    }
}

static void nest_deeply(const rtk_executor *outer, const rtk_executor *in) {
    for (unsigned depth = 1; depth <= 3; depth++)
        for (int round = 0; round < 20; round++) nest_in(outer, in, depth);
}

static void a_loop_inside_a_part_on_the_same_pool_is_serial(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    (void)state;
    nest_deeply(rtk_pool_executor(pool), rtk_pool_executor(pool));
    assert_true(gathers(rtk_pool_executor(pool), 4));
    rtk_pool_free(pool);
}

static void a_loop_inside_a_part_on_another_pool_is_serial(void **state) {
    rtk_pool *outer = pool_that_shares(2), *other = pool_that_shares(4);
    (void)state;
    nest_deeply(rtk_pool_executor(outer), rtk_pool_executor(other));
    assert_int_equal(0, rtk_pool_helpers(other));
    assert_true(gathers(rtk_pool_executor(other), 4));
    rtk_pool_free(other);
    rtk_pool_free(outer);
}

static void a_loop_inside_a_part_on_the_shared_pool_is_serial(void **state) {
    rtk_pool *outer = pool_that_shares(2);
    (void)state;
    nest_deeply(rtk_pool_executor(outer), NULL);
    nest_deeply(NULL, NULL);
    nest_deeply(NULL, rtk_pool_executor(outer));
    rtk_pool_free(outer);
}

/* A map of somebody else, which counts how often it was asked. */
static rtk_status count_maps(void *self, rtk_part run, void *arg, size_t parts,
                             unsigned workers) {
    _Atomic unsigned *calls = self;
    (void)workers;
    atomic_fetch_add_explicit(calls, 1, memory_order_relaxed);
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

static void a_foreign_map_is_not_asked_inside_a_part(void **state) {
    _Atomic unsigned calls = 0;
    rtk_executor foreign = {
        .size = sizeof foreign, .self = &calls, .map = count_maps};
    (void)state;
    nest_deeply(NULL, &foreign);
    assert_int_equal(0, atomic_load_explicit(&calls, memory_order_relaxed));
    assert_int_equal(RTK_OK, run_once(&foreign, 2, PARTS));
    assert_int_equal(1, atomic_load_explicit(&calls, memory_order_relaxed));
}

/* ---- Maps that hand their parts to others ---------------------------------
 */

typedef struct lender {
    rtk_part run;
    void *arg;
    size_t from, to;
    pthread_t id;
} lender;

static void *lend(void *arg) {
    lender *l = arg;
    for (size_t i = l->from; i < l->to; i++) (void)!l->run(l->arg, i);
    return NULL;
}

/* Threads of its own, which end with the map. */
static rtk_status lend_out(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    lender l[LENDERS];
    (void)self;
    (void)workers;
    size_t each = parts / LENDERS + 1;
    for (size_t i = 0; i < LENDERS; i++) {
        size_t from = i * each < parts ? i * each : parts;
        size_t to = from + each < parts ? from + each : parts;
        l[i] = (lender){run, arg, from, to, pthread_self()};
        if (pthread_create(&l[i].id, NULL, lend, &l[i])) lend(&l[i]);
    }
    for (size_t i = 0; i < LENDERS; i++)
        if (!pthread_equal(l[i].id, pthread_self()))
            pthread_join(l[i].id, NULL);
    return RTK_OK;
}

static void a_loop_inside_a_part_of_a_foreign_map_is_serial(void **state) {
    rtk_executor foreign = {.size = sizeof foreign, .map = lend_out};
    (void)state;
    for (int round = 0; round < 20; round++) {
        nest n = {.depth = 2};
        assert_int_equal(RTK_OK,
                         rtk_parallel_for(&foreign, 4, INNER, dig, &n, NULL));
        for (size_t i = 0; i < INNER; i++) {
            assert_int_equal(1, n.in[i].loop.effective);
            assert_true(n.in[i].here);
        }
    }
}

/* A map that is made of a pool of ours. */
static rtk_status pass_on(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers) {
    const rtk_executor *ours = rtk_pool_executor(self);
    return ours->map(ours->self, run, arg, parts, workers);
}

static void a_foreign_map_may_be_made_of_a_pool(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    rtk_executor foreign = {
        .size = sizeof foreign, .self = pool, .map = pass_on};
    (void)state;
    for (int round = 0; round < 50; round++)
        assert_int_equal(RTK_OK, run_once(&foreign, 4, PARTS));
    assert_true(gathers(&foreign, 4));
    nest_deeply(&foreign, NULL);
    rtk_pool_free(pool);
}

static void an_error_inside_is_the_inner_loops_alone(void **state) {
    rtk_pool *pool = pool_that_shares(3);
    nest n = {.executor = rtk_pool_executor(pool), .depth = 1};
    rtk_loop loop = {0};
    (void)state;
    /* Refused: the inner loop has no workers. */
    rtk_executor none = {.size = sizeof none};
    n.executor = &none;
    assert_int_equal(RTK_EINVAL, rtk_parallel_for(rtk_pool_executor(pool), 3,
                                                  INNER, dig, &n, &loop));
    assert_int_equal(0, loop.failed_part);
    assert_int_equal(INNER, loop.parts_run);
    assert_true(gathers(rtk_pool_executor(pool), 3));
    rtk_pool_free(pool);
}

/* ---- Many callers ----------------------------------------------------------
 */

typedef struct caller {
    const rtk_executor *executor;
    meeting *start;
    unsigned calls[PARTS + 1]; /* and one for parts that there are none of */
    rtk_status status;
    pthread_t id;
} caller;

static void *call_often(void *arg) {
    caller *c = arg;
    slots s = {.parts = PARTS, .calls = c->calls};
    bool came = meeting_attend(c->start);
    for (unsigned i = 0; came && !c->status && i < LOOPS; i++) {
        rtk_loop loop = {0};
        rtk_work work = {.size = sizeof work,
                         .executor = c->executor,
                         .workers = 1 + i % 5,
                         .parts = PARTS,
                         .run = slots_note,
                         .arg = &s,
                         .schedule = (rtk_schedule)(i % SCHEDULES)};
        c->status = rtk_work_run(&work, &loop);
        if (loop.parts_run != PARTS) c->status = RTK_EFAILED;
    }
    return NULL;
}

static void call_together(rtk_pool *const *pools, size_t n) {
    static caller callers[CALLERS];
    meeting start;
    meeting_set_up(&start, CALLERS);
    for (size_t i = 0; i < CALLERS; i++) {
        caller *c = &callers[i];
        *c = (caller){.start = &start,
                      .executor = n ? rtk_pool_executor(pools[i % n]) : NULL};
        assert_int_equal(0, pthread_create(&c->id, NULL, call_often, c));
    }
    for (size_t i = 0; i < CALLERS; i++) pthread_join(callers[i].id, NULL);
    meeting_tear_down(&start);
    for (size_t i = 0; i < CALLERS; i++) {
        assert_int_equal(RTK_OK, callers[i].status);
        for (size_t p = 0; p < PARTS; p++)
            assert_int_equal(LOOPS, callers[i].calls[p]);
    }
}

static void many_callers_share_one_pool(void **state) {
    rtk_pool *pool = pool_that_shares(4);
    (void)state;
    call_together(&pool, 1);
    assert_true(gathers(rtk_pool_executor(pool), 4));
    rtk_pool_free(pool);
}

static void many_callers_share_several_pools(void **state) {
    rtk_pool *pools[] = {pool_that_shares(2), pool_that_shares(3),
                         pool_that_shares(5)};
    (void)state;
    call_together(pools, 3);
    for (size_t i = 0; i < 3; i++) rtk_pool_free(pools[i]);
}

static void many_callers_share_the_process_wide_pool(void **state) {
    (void)state;
    call_together(NULL, 0);
}

typedef struct passer {
    rtk_pool *pool;
    rtk_status status;
} passer;

static void *call_and_end(void *arg) {
    passer *p = arg;
    p->status = run_once(p->pool ? rtk_pool_executor(p->pool) : NULL, 3, PARTS);
    return NULL;
}

static void pass_by(rtk_pool *pool) {
    for (int i = 0; i < PASSING; i++) {
        pthread_t id;
        passer p = {.pool = pool, .status = RTK_EFAILED};
        assert_int_equal(0, pthread_create(&id, NULL, call_and_end, &p));
        pthread_join(id, NULL);
        assert_int_equal(RTK_OK, p.status);
    }
}

static void callers_that_end_after_their_loop_leave_nothing(void **state) {
    rtk_pool *pool = pool_that_shares(3);
    (void)state;
    unsigned others = rtk_pool_helpers(rtk_pool_shared());
    pass_by(pool);
    assert_int_equal(2, rtk_pool_helpers(pool));
    assert_true(unit_threads_become(threads_at_rest + others + 2));
    pass_by(NULL);
    rtk_pool_free(pool);
}

/* Outermost, inside another's helper: pools that call each other's threads. */
static rtk_status call_other(void *arg, size_t part) {
    rtk_pool *const *pools = arg;
    return run_once(rtk_pool_executor(pools[part % 2]), 3, PARTS);
}

static void *cross(void *arg) {
    rtk_pool *const *pools = arg;
    rtk_status *status = calloc(1, sizeof *status);
    for (int i = 0; status && !*status && i < LOOPS; i++)
        *status = rtk_parallel_for(rtk_pool_executor(pools[i % 2]), 3, 8,
                                   call_other, arg, NULL);
    return status;
}

static void pools_that_call_each_other_do_not_wait_for_ever(void **state) {
    rtk_pool *pools[] = {pool_that_shares(3), pool_that_shares(3)};
    pthread_t id[MAX_WORKERS];
    (void)state;
    for (size_t i = 0; i < MAX_WORKERS; i++)
        assert_int_equal(0, pthread_create(&id[i], NULL, cross, pools));
    for (size_t i = 0; i < MAX_WORKERS; i++) {
        void *status = NULL;
        pthread_join(id[i], &status);
        assert_non_null(status);
        assert_int_equal(RTK_OK, *(rtk_status *)status);
        free(status);
    }
    rtk_pool_free(pools[0]);
    rtk_pool_free(pools[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_inside_a_part_on_the_same_pool_is_serial),
        cmocka_unit_test(a_loop_inside_a_part_on_another_pool_is_serial),
        cmocka_unit_test(a_loop_inside_a_part_on_the_shared_pool_is_serial),
        cmocka_unit_test(a_foreign_map_is_not_asked_inside_a_part),
        cmocka_unit_test(a_loop_inside_a_part_of_a_foreign_map_is_serial),
        cmocka_unit_test(a_foreign_map_may_be_made_of_a_pool),
        cmocka_unit_test(an_error_inside_is_the_inner_loops_alone),
        cmocka_unit_test(many_callers_share_one_pool),
        cmocka_unit_test(many_callers_share_several_pools),
        cmocka_unit_test(many_callers_share_the_process_wide_pool),
        cmocka_unit_test(callers_that_end_after_their_loop_leave_nothing),
        cmocka_unit_test(pools_that_call_each_other_do_not_wait_for_ever),
    };
    share_always();
    count_threads_from_here();
    return RTK_RUN(tests);
}
