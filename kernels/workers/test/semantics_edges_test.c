/* Where two promises meet. */

#include "kernels/workers/test/semantics.h"

#include <sys/wait.h>

enum { MANY = 400, FORKS = 20 };

/* ---- What a map says, and what its parts say ------------------------------
 */

static rtk_status fail_twice(void *arg, size_t part) {
    (void)arg;
    return part == 2 ? RTK_EFAILED : part == 5 ? RTK_ENOMEM : RTK_OK;
}

/* Hands on what the last failing part said. */
static rtk_status hand_on(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers) {
    const rtk_status *own = self;
    (void)workers;
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return *own;
}

static void a_maps_own_word_hides_no_failure(void **state) {
    rtk_status words[] = {RTK_OK, RTK_ENOMEM, RTK_EMAP, RTK_EIO};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        rtk_loop loop = {0};
        rtk_executor e = {.size = sizeof e, .self = &words[i], .map = hand_on};
        assert_int_equal(RTK_EFAILED,
                         rtk_parallel_for(&e, 2, 8, fail_twice, NULL, &loop));
        assert_int_equal(2, loop.failed_part);
        assert_int_equal(8, loop.parts_run);
    }
}

/* ---- Nearly as many parts as there are numbers ----------------------------
 */

static rtk_status never(void *arg, size_t part) {
    (void)part;
    *(int *)arg = 1;
    return RTK_OK;
}

static void the_most_parts_are_left_out_at_once(void **state) {
    rtk_pool *pool = pool_that_shares(2);
    (void)state;
    for (size_t less = 0; less < 3; less++) {
        rtk_cancel cancel = {0};
        rtk_loop loop = {0};
        int ran = 0;
        rtk_work work = {.size = sizeof work,
                         .executor = rtk_pool_executor(pool),
                         .workers = 2,
                         .parts = SIZE_MAX - less,
                         .run = never,
                         .arg = &ran,
                         .cancel = &cancel};
        rtk_cancel_request(&cancel);
        assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
        assert_int_equal(0, loop.parts_run);
        assert_int_equal(0, loop.first_unrun);
        assert_int_equal(0, ran);
    }
    rtk_pool_free(pool);
}

/* ---- A pool inside a pool -------------------------------------------------
 */

typedef struct two {
    rtk_pool *outer, *inner;
    rtk_status told[2];
} two;

static rtk_status shut_outer_down(void *arg, size_t part) {
    two *t = arg;
    t->told[part] = rtk_pool_shutdown(t->outer);
    return RTK_OK;
}

/* By hand, as a nested loop would not share. */
static rtk_status use_inner(void *arg, size_t part) {
    const two *t = arg;
    const rtk_executor *e = rtk_pool_executor(t->inner);
    return part ? RTK_OK : e->map(e->self, shut_outer_down, arg, 2, 2);
}

static void a_pool_is_known_through_another(void **state) {
    two t = {.told = {RTK_OK, RTK_EINVAL}};
    (void)state;
    t.outer = pool_that_shares(2);
    t.inner = pool_that_shares(1);
    assert_int_equal(RTK_OK, rtk_parallel_for(rtk_pool_executor(t.outer), 2, 2,
                                              use_inner, &t, NULL));
    assert_int_equal(RTK_EINVAL, t.told[0]);
    assert_int_equal(RTK_EINVAL, t.told[1]);
    rtk_pool_free(t.inner);
    rtk_pool_free(t.outer);
}

/* ---- A child that comes back from its part, while others fail -------------
 */

typedef struct forking {
    pthread_t caller;
    pid_t parent, child;
    unsigned ran[MANY];
} forking;

static rtk_status fork_in_one(void *arg, size_t part) {
    forking *f = arg;
    f->ran[part]++;
    if (part == MANY / 2) f->child = fork();
    /* A helper's thread would end, and with it a child, by exit(): there a leak
     * checker takes what the caller's stack held for lost. */
    bool child = getpid() != f->parent;
    if (child && !pthread_equal(pthread_self(), f->caller)) _exit(EXIT_SUCCESS);
    return RTK_EFAILED;
}

static unsigned all_ran(const forking *f) {
    unsigned n = 0;
    for (size_t i = 0; i < MANY; i++) n += f->ran[i];
    return n;
}

static void fork_once(rtk_pool *pool) {
    forking f = {.caller = pthread_self(), .parent = getpid()};
    rtk_loop loop = {0};
    rtk_status s = rtk_parallel_for(rtk_pool_executor(pool), 2, MANY,
                                    fork_in_one, &f, &loop);
    if (getpid() != f.parent) {
        bool right = s == RTK_ECANCELLED && loop.parts_run == 0 &&
                     loop.first_unrun == 0 && all_ran(&f) < MANY;
        _exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = -1;
    assert_int_equal(RTK_EFAILED, s);
    assert_int_equal(MANY, all_ran(&f));
    assert_int_equal(f.child, waitpid(f.child, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(EXIT_SUCCESS, WEXITSTATUS(status));
}

static void a_child_leaves_a_loop_that_fails_elsewhere(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    rtk_pool *pool = pool_that_shares(2);
    for (int i = 0; i < FORKS; i++) fork_once(pool);
    rtk_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_maps_own_word_hides_no_failure),
        cmocka_unit_test(the_most_parts_are_left_out_at_once),
        cmocka_unit_test(a_pool_is_known_through_another),
        cmocka_unit_test(a_child_leaves_a_loop_that_fails_elsewhere),
    };
    share_always();
    return RTK_RUN(tests);
}
