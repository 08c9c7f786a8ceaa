/* Pools that are shut down or freed inside a part. */

#include "kernels/workers/test/semantics.h"

typedef struct insider {
    rtk_pool *pool;
    meeting *m;
    rtk_status stop[2];
    unsigned calls[2];
} insider;

static rtk_status stop_inside(void *arg, size_t part) {
    insider *in = arg;
    if (in->m && !meeting_attend(in->m)) return RTK_EFAILED;
    in->stop[part] = rtk_pool_shutdown(in->pool);
    rtk_pool_free(in->pool);
    in->calls[part]++;
    return RTK_OK;
}

/* The pool is still there. */
static void assert_stands(rtk_pool *pool, const insider *in, rtk_status s) {
    assert_int_equal(RTK_OK, s);
    assert_int_equal(1, in->calls[0]);
    assert_int_equal(1, in->calls[1]);
    assert_true(gathers(rtk_pool_executor(pool), 2));
}

static void a_part_cannot_shut_down_or_free_its_pool(void **state) {
    rtk_pool *pool = pool_that_shares(2);
    const rtk_executor *e = rtk_pool_executor(pool);
    (void)state;
    for (int round = 0; round < 50; round++) {
        meeting m;
        meeting_set_up(&m, 2);
        insider in = {.pool = pool, .m = &m};
        rtk_status s = rtk_parallel_for(e, 2, 2, stop_inside, &in, NULL);
        assert_int_equal(RTK_EINVAL, in.stop[0]);
        assert_int_equal(RTK_EINVAL, in.stop[1]);
        assert_stands(pool, &in, s);
        meeting_tear_down(&m);
    }
    rtk_pool_free(pool);
}

static rtk_status stop_alone(void *arg, size_t part) {
    insider *in = arg;
    in->stop[part] = rtk_pool_shutdown(in->pool);
    in->calls[part]++;
    return RTK_OK;
}

static void a_part_that_runs_alone_may_shut_its_pool_down(void **state) {
    rtk_pool *pool = pool_that_shares(2);
    insider in = {.pool = pool, .stop = {RTK_EFAILED, RTK_EFAILED}};
    (void)state;
    assert_true(gathers(rtk_pool_executor(pool), 2));
    rtk_status s =
        rtk_parallel_for(rtk_pool_executor(pool), 1, 2, stop_alone, &in, NULL);
    assert_int_equal(0, rtk_pool_helpers(pool));
    assert_int_equal(RTK_OK, in.stop[0]);
    assert_int_equal(RTK_OK, in.stop[1]);
    assert_stands(pool, &in, s);
    rtk_pool_free(pool);
}

/* A loop on another pool inside a part of ours. */
typedef struct between {
    insider in;
    const rtk_executor *other;
    rtk_status status;
} between;

static rtk_status nest_once(void *arg, size_t part) {
    between *b = arg;
    if (part) return RTK_OK;
    b->status = rtk_parallel_for(b->other, 2, 2, stop_inside, &b->in, NULL);
    return b->status;
}

static void a_part_deep_inside_cannot_free_the_outer_pool(void **state) {
    rtk_pool *pool = pool_that_shares(2), *other = pool_that_shares(2);
    between b = {.in = {.pool = pool}, .other = rtk_pool_executor(other)};
    (void)state;
    rtk_status s =
        rtk_parallel_for(rtk_pool_executor(pool), 2, 2, nest_once, &b, NULL);
    assert_int_equal(RTK_EINVAL, b.in.stop[0]);
    assert_int_equal(RTK_EINVAL, b.in.stop[1]);
    assert_stands(pool, &b.in, s);
    rtk_pool_free(other);
    rtk_pool_free(pool);
}

static void a_part_may_stop_a_pool_that_it_is_not_in(void **state) {
    rtk_pool *pool = pool_that_shares(2), *other = pool_that_shares(3);
    insider in = {.pool = other};
    (void)state;
    assert_true(gathers(rtk_pool_executor(other), 3));
    /* One part, as it frees the other pool. */
    assert_int_equal(RTK_OK, rtk_parallel_for(rtk_pool_executor(pool), 2, 1,
                                              stop_inside, &in, NULL));
    assert_int_equal(RTK_OK, in.stop[0]);
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_cannot_shut_down_or_free_its_pool),
        cmocka_unit_test(a_part_that_runs_alone_may_shut_its_pool_down),
        cmocka_unit_test(a_part_deep_inside_cannot_free_the_outer_pool),
        cmocka_unit_test(a_part_may_stop_a_pool_that_it_is_not_in),
    };
    share_always();
    count_threads_from_here();
    return RTK_RUN(tests);
}
