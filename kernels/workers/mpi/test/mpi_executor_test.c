#include "kernels/workers/mpi/test/mpi_crew.h"

#include <dlfcn.h>
#include <fenv.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

enum { ITEMS = 400, RANKS = 4 };

typedef struct result {
    long value;
    int rank;
    unsigned inner; /* effective workers of a loop inside */
} result;

/* What travels to all. */
typedef struct context {
    long offset;
    int fails[2];
    long work; /* rounds of an item */
} context;

typedef struct fixture {
    int items[ITEMS];
    result results[ITEMS];
    context context;
    rtk_apply_job job;
} fixture;

static rtk_status none(void *arg, size_t part) {
    (void)arg;
    (void)part;
    return RTK_OK;
}

static rtk_status compute(void *arg, const void *item, void *out) {
    const context *c = arg;
    int x = *(const int *)item;
    result *r = out;
    rtk_loop loop = {0};
    /* Stays odd, which the compiler does not know. */
    uint64_t z = 2 * (uint64_t)x + 1;
    for (long i = 0; i < c->work; i++) z *= 2 * z + 0x9E3779B9U;
    rtk_status s = rtk_parallel_for(NULL, 3, 9, none, NULL, &loop);
    *r = (result){(long)x * x + c->offset + (z == 0), crew_rank(),
                  loop.effective};
    if (s) return s;
    if (x == c->fails[0]) return RTK_EFAILED;
    return x == c->fails[1] ? RTK_EIO : RTK_OK;
}

static void set_up(fixture *f) {
    *f = (fixture){.context = {.offset = 1000, .fails = {-1, -1}}};
    for (int i = 0; i < ITEMS; i++) f->items[i] = i;
    f->job = (rtk_apply_job){.fn = compute,
                             .context = &f->context,
                             .context_size = sizeof f->context,
                             .items = f->items,
                             .results = f->results,
                             .n = ITEMS,
                             .item_size = sizeof *f->items,
                             .result_size = sizeof *f->results};
}

static void assert_computed(const fixture *f) {
    for (long i = 0; i < ITEMS; i++) {
        assert_int_equal(i * i + 1000, f->results[i].value);
        assert_int_equal(1, f->results[i].inner);
    }
}

static unsigned ranks_of(const fixture *f) {
    unsigned seen = 0;
    for (int i = 0; i < ITEMS; i++) seen |= 1U << f->results[i].rank;
    return seen;
}

static void results_come_back_in_input_order_from_all_ranks(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= RANKS; workers++) {
        static fixture f;
        rtk_loop loop = {0};
        set_up(&f);
        f.context.work = 20000;
        assert_int_equal(RTK_OK,
                         rtk_apply(crew_executor(), workers, &f.job, &loop));
        assert_computed(&f);
        assert_int_equal(workers, loop.effective);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_int_equal(ITEMS, loop.first_unrun);
        /* As many ranks as asked for, the lowest, rank 0 being one. */
        assert_int_equal((1U << workers) - 1, ranks_of(&f));
    }
}

static void more_workers_than_ranks_are_capped(void **state) {
    static fixture f;
    rtk_loop loop = {0};
    (void)state;
    set_up(&f);
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 99, &f.job, &loop));
    assert_int_equal(RANKS, loop.effective);
    f.job.n = 2;
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 99, &f.job, &loop));
    assert_int_equal(2, loop.effective);
    f.job.n = 0;
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 99, &f.job, &loop));
    assert_int_equal(1, loop.effective);
}

static void the_first_failing_item_is_reported_for_any_ranks(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= RANKS; workers++) {
        for (int round = 0; round < 20; round++) {
            static fixture f;
            rtk_loop loop = {0};
            set_up(&f);
            f.context.fails[0] = 17 + round;
            f.context.fails[1] = ITEMS - 1 - round;
            assert_int_equal(RTK_EFAILED, rtk_apply(crew_executor(), workers,
                                                    &f.job, &loop));
            assert_int_equal(17 + round, loop.failed_part);
            assert_int_equal(ITEMS, loop.parts_run);
            assert_computed(&f);
        }
    }
}

static void many_small_jobs_leave_nothing_behind(void **state) {
    (void)state;
    for (int i = 0; i < 500; i++) {
        static fixture f;
        set_up(&f);
        f.job.n = (size_t)(i % 9 + 1);
        assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &f.job, NULL));
        for (long k = 0; k < (long)f.job.n; k++)
            assert_int_equal(k * k + 1000, f.results[k].value);
        assert_int_equal(0, f.results[f.job.n].value);
    }
}

/* ---- Sizes ----------------------------------------------------------------
 */

enum { BLOCK = 1 << 20, BLOCKS = 24 };

static rtk_status invert(void *arg, const void *item, void *out) {
    (void)arg;
    for (size_t i = 0; i < BLOCK; i++)
        ((unsigned char *)out)[i] = ((const unsigned char *)item)[i] ^ 0xFFU;
    return RTK_OK;
}

static void items_that_are_larger_than_a_batch_go_one_by_one(void **state) {
    unsigned char *items = malloc((size_t)BLOCK * BLOCKS);
    unsigned char *results = malloc((size_t)BLOCK * BLOCKS);
    (void)state;
    assert_true(items && results);
    for (size_t i = 0; i < (size_t)BLOCK * BLOCKS; i++)
        items[i] = (unsigned char)(i * 2654435761U >> 13);
    rtk_apply_job job = {.fn = invert,
                         .items = items,
                         .results = results,
                         .n = BLOCKS,
                         .item_size = BLOCK,
                         .result_size = BLOCK};
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &job, NULL));
    size_t wrong = 0;
    for (size_t i = 0; i < (size_t)BLOCK * BLOCKS; i++)
        wrong += results[i] != (unsigned char)(items[i] ^ 0xFFU);
    assert_int_equal(0, wrong);
    free(items);
    free(results);
}

static rtk_status sum_context(void *arg, const void *item, void *out) {
    const unsigned char *bytes = arg;
    size_t size = *(const size_t *)item, sum = 0;
    for (size_t i = 0; i < size; i++) sum = sum * 31 + bytes[i];
    *(size_t *)out = sum;
    return RTK_OK;
}

static void a_context_of_several_messages_arrives_whole(void **state) {
    enum { SIZE = (33 << 20) + 5, N = 8 };
    size_t items[N], results[N] = {0}, expected = 0;
    unsigned char *bytes = malloc(SIZE);
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (unsigned char)(i * 40503 >> 7);
        expected = expected * 31 + bytes[i];
    }
    for (size_t i = 0; i < N; i++) items[i] = SIZE;
    rtk_apply_job job = {.fn = sum_context,
                         .context = bytes,
                         .context_size = SIZE,
                         .items = items,
                         .results = results,
                         .n = N,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &job, NULL));
    for (size_t i = 0; i < N; i++) assert_true(results[i] == expected);
    free(bytes);
}

static void an_item_beyond_what_a_message_holds_is_refused(void **state) {
    static fixture f;
    rtk_loop loop = {0};
    (void)state;
    set_up(&f);
    f.job.n = 3;
    f.job.item_size = (size_t)INT_MAX + 1;
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_apply(crew_executor(), 3, &f.job, &loop));
    set_up(&f);
    f.job.n = 3;
    f.job.result_size = (size_t)INT_MAX - 10;
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_apply(crew_executor(), 3, &f.job, &loop));
    assert_int_equal(0, loop.parts_run);
    assert_int_equal(0, loop.first_unrun);
    set_up(&f);
    f.job.n = SIZE_MAX / 2;
    f.job.item_size = 1;
    assert_int_equal(RTK_EINVAL, rtk_apply(crew_executor(), 3, &f.job, NULL));
}

/* ---- What cannot travel ---------------------------------------------------
 */

static void a_loop_needs_the_callers_memory(void **state) {
    (void)state;
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_parallel_for(crew_executor(), 3, 9, none, NULL, NULL));
}

static rtk_apply_fn stranger(void) {
    rtk_apply_fn fn = NULL;
    void *module = dlopen(RTK_MPI_STRANGER, RTLD_NOW);
    assert_non_null(module);
    void *found = dlsym(module, "mpi_stranger");
    assert_non_null(found);
    memcpy(&fn, &found, sizeof fn);
    return fn;
}

static rtk_status apply_stranger(long *results, rtk_loop *loop) {
    int items[ITEMS];
    for (int i = 0; i < ITEMS; i++) items[i] = i;
    rtk_apply_job job = {.fn = stranger(),
                         .items = items,
                         .results = results,
                         .n = ITEMS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    return rtk_apply(crew_executor(), 4, &job, loop);
}

static void a_function_that_a_rank_does_not_have_is_not_run(void **state) {
    static fixture f;
    long results[ITEMS];
    rtk_loop loop = {0};
    (void)state;
    crew_open((crew_order){0});
    for (int i = 0; i < ITEMS; i++) results[i] = -7;
    assert_int_equal(RTK_EUNSUPPORTED, apply_stranger(results, &loop));
    assert_int_equal(0, loop.parts_run);
    assert_int_equal(0, loop.first_unrun);
    assert_int_equal(ITEMS, loop.failed_part);
    for (int i = 0; i < ITEMS; i++) assert_int_equal(-7, results[i]);
    /* And the ranks still serve what they have. */
    set_up(&f);
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &f.job, NULL));
    assert_computed(&f);
}

static void a_function_of_a_loaded_module_is_found_on_each_rank(void **state) {
    long results[ITEMS];
    rtk_loop loop = {0};
    (void)state;
    crew_open((crew_order){.load = 1});
    assert_int_equal(RTK_OK, apply_stranger(results, &loop));
    for (long i = 0; i < ITEMS; i++) assert_int_equal(3 * i, results[i]);
}

static void only_rank_0_applies(void **state) {
    (void)state;
    crew_open((crew_order){.tries_too = 1});
}

static void rank_0_does_not_serve(void **state) {
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_mpi_serve(MPI_COMM_WORLD));
}

/* ---- The caller's ways ----------------------------------------------------
 */

static rtk_cancel cancel;

static rtk_status cancel_in_0(void *arg, const void *item, void *out) {
    rtk_status s = compute(arg, item, out);
    if (!crew_rank()) rtk_cancel_request(&cancel);
    return s;
}

static void a_cancelled_job_says_how_far_it_got(void **state) {
    static fixture f;
    rtk_loop loop = {0};
    (void)state;
    set_up(&f);
    cancel = (rtk_cancel){0};
    f.context.work = 20000;
    f.job.fn = cancel_in_0;
    f.job.cancel = &cancel;
    assert_int_equal(RTK_ECANCELLED,
                     rtk_apply(crew_executor(), 3, &f.job, &loop));
    assert_true(loop.first_unrun > 0 && loop.first_unrun < ITEMS);
    assert_int_equal(loop.first_unrun, loop.parts_run);
    for (long i = 0; i < (long)loop.first_unrun; i++)
        assert_int_equal(i * i + 1000, f.results[i].value);
    for (size_t i = loop.first_unrun; i < ITEMS; i++)
        assert_int_equal(0, f.results[i].value);
    assert_int_equal(RTK_ECANCELLED,
                     rtk_apply(crew_executor(), 3, &f.job, &loop));
    assert_int_equal(0, loop.first_unrun);
}

static rtk_status third(void *arg, const void *item, void *out) {
    (void)arg;
    *(double *)out = *(const int *)item / 3.0;
    return RTK_OK;
}

static void ranks_round_as_the_caller_does(void **state) {
    int items[ITEMS];
    double up[ITEMS] = {0}, nearest[ITEMS] = {0};
    (void)state;
    for (int i = 0; i < ITEMS; i++) items[i] = i;
    rtk_apply_job job = {.fn = third,
                         .items = items,
                         .results = up,
                         .n = ITEMS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *up};
    fesetround(FE_UPWARD);
    rtk_status s = rtk_apply(crew_executor(), 4, &job, NULL);
    fesetround(FE_TONEAREST);
    assert_int_equal(RTK_OK, s);
    job.results = nearest;
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &job, NULL));
    size_t greater = 0;
    for (int i = 0; i < ITEMS; i++) {
        double here = 0;
        assert_int_equal(RTK_OK, job.fn(NULL, &items[i], &here));
        assert_true(nearest[i] == here);
        assert_true(up[i] >= here);
        /* Where the quotient is rounded down to nearest, up is another. */
        greater += up[i] > here;
    }
    assert_true(greater > ITEMS / 6);
}

static void *apply_often(void *arg) {
    fixture *f = arg;
    rtk_status s = RTK_OK;
    for (int i = 0; !s && i < 50; i++)
        s = rtk_apply(crew_executor(), 4, &f->job, NULL);
    f->context.work = s;
    return NULL;
}

static void callers_do_not_wait_for_each_other(void **state) {
    static fixture f[3];
    pthread_t thread[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        set_up(&f[i]);
        assert_int_equal(0,
                         pthread_create(&thread[i], NULL, apply_often, &f[i]));
    }
    for (int i = 0; i < 3; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(RTK_OK, f[i].context.work);
        assert_computed(&f[i]);
    }
}

static int apply_in_child(void *arg) {
    fixture *f = arg;
    rtk_loop loop = {0};
    rtk_status s = rtk_apply(crew_executor(), 4, &f->job, &loop);
    return s || loop.effective != 1 || ranks_of(f) != 1;
}

static void a_forked_child_works_alone(void **state) {
    static fixture f;
    (void)state;
    set_up(&f);
    assert_int_equal(0, unit_fork(apply_in_child, &f));
    assert_int_equal(RTK_OK, rtk_apply(crew_executor(), 4, &f.job, NULL));
    assert_computed(&f);
}

#define WITH_CREW(test)                                                        \
    cmocka_unit_test_setup_teardown(test, crew_set_up, crew_close)

static int tests(void) {
    const struct CMUnitTest tests[] = {
        WITH_CREW(results_come_back_in_input_order_from_all_ranks),
        WITH_CREW(more_workers_than_ranks_are_capped),
        WITH_CREW(the_first_failing_item_is_reported_for_any_ranks),
        WITH_CREW(many_small_jobs_leave_nothing_behind),
        WITH_CREW(items_that_are_larger_than_a_batch_go_one_by_one),
        WITH_CREW(a_context_of_several_messages_arrives_whole),
        WITH_CREW(an_item_beyond_what_a_message_holds_is_refused),
        WITH_CREW(a_loop_needs_the_callers_memory),
        cmocka_unit_test_teardown(
            a_function_that_a_rank_does_not_have_is_not_run, crew_close),
        cmocka_unit_test_teardown(
            a_function_of_a_loaded_module_is_found_on_each_rank, crew_close),
        cmocka_unit_test_teardown(only_rank_0_applies, crew_close),
        cmocka_unit_test(rank_0_does_not_serve),
        WITH_CREW(a_cancelled_job_says_how_far_it_got),
        WITH_CREW(ranks_round_as_the_caller_does),
        WITH_CREW(callers_do_not_wait_for_each_other),
        WITH_CREW(a_forked_child_works_alone),
    };
    return RTK_RUN(tests);
}

int main(int argc, char **argv) {
    return crew_main(argc, argv, MPI_THREAD_MULTIPLE, tests);
}
