/* Modes of floating-point arithmetic: parts have their caller's. Exceptions of
 * it: a loop raises none, and forgets none. */

#include <fenv.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "kernels/workers/test/semantics.h"

enum { WORKERS = 4, CALLERS = 4, LOOPS = 200, KINDS = 16 };

/* ---- Modes of floating-point arithmetic ------------------------------------
 */

/* Rounding, and with it what the processor does with denormals. */
static unsigned modes(void) {
#if defined(__x86_64__)
    return (_mm_getcsr() & 0xFFC0U) << 16 | (unsigned)fegetround();
#else
    return (unsigned)fegetround();
#endif
}

static void set_denormals(unsigned kind) {
#if defined(__x86_64__)
    /* Flush to zero, and denormals are zero. */
    const unsigned bits[] = {0, 0x8000, 0x0040, 0x8040};
    _mm_setcsr((_mm_getcsr() & ~0x8040U) | bits[kind % 4]);
#else
    (void)kind;
#endif
}

static void set_modes(unsigned kind) {
    const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD,
                            FE_TOWARDZERO};
    fesetround(rounding[kind % 4]);
    set_denormals(kind / 4);
}

/* Parts that meet, so that each is another worker's. */
typedef struct seen {
    meeting m;
    unsigned modes[WORKERS];
    bool came[WORKERS], spoil;
} seen;

static rtk_status see_modes(void *arg, size_t part) {
    seen *s = arg;
    s->modes[part] = modes();
    s->came[part] = meeting_attend(&s->m);
    return RTK_OK;
}

static bool all_saw(const rtk_executor *e, unsigned expected) {
    seen s = {0};
    meeting_set_up(&s.m, WORKERS);
    bool right = !rtk_parallel_for(e, WORKERS, WORKERS, see_modes, &s, NULL);
    meeting_tear_down(&s.m);
    for (size_t i = 0; i < WORKERS; i++)
        right = right && s.came[i] && s.modes[i] == expected;
    return right;
}

static void every_part_sees_the_callers_modes(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    fenv_t before;
    (void)state;
    fegetenv(&before);
    bool right = true, kept = true;
    for (int round = 0; round < 3; round++)
        for (unsigned kind = 0; kind < KINDS; kind++) {
            set_modes(kind);
            unsigned mine = modes();
            right = all_saw(rtk_pool_executor(pool), mine) && right;
            kept = kept && modes() == mine;
        }
    fesetenv(&before);
    assert_true(right);
    assert_true(kept);
    rtk_pool_free(pool);
}

/* A caller with modes of its own, among others. */
typedef struct caller {
    rtk_pool *pool;
    unsigned kind;
    bool right;
    pthread_t id;
} caller;

static rtk_status match(void *arg, size_t part) {
    (void)part;
    return modes() == *(const unsigned *)arg ? RTK_OK : RTK_EFAILED;
}

static void *call_with_modes(void *arg) {
    caller *c = arg;
    set_modes(c->kind);
    unsigned mine = modes();
    c->right = true;
    for (int i = 0; c->right && i < LOOPS; i++)
        c->right = !rtk_parallel_for(rtk_pool_executor(c->pool), WORKERS, 32,
                                     match, &mine, NULL) &&
                   modes() == mine;
    return NULL;
}

static void callers_with_other_modes_do_not_get_each_others(void **state) {
    caller callers[CALLERS] = {0};
    rtk_pool *pool = pool_that_shares(WORKERS);
    (void)state;
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.pool = pool, .kind = 5 * i};
        assert_int_equal(0, pthread_create(&callers[i].id, NULL,
                                           call_with_modes, &callers[i]));
    }
    for (unsigned i = 0; i < CALLERS; i++) pthread_join(callers[i].id, NULL);
    for (unsigned i = 0; i < CALLERS; i++) assert_true(callers[i].right);
    rtk_pool_free(pool);
}

/* A part that leaves its thread with other modes than it had. */
static rtk_status spoil_modes(void *arg, size_t part) {
    meeting *m = arg;
    bool came = meeting_attend(m);
    (void)part;
    set_modes(11);
    return came ? RTK_OK : RTK_EFAILED;
}

static void modes_that_a_part_leaves_do_not_reach_the_next_loop(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    const rtk_executor *e = rtk_pool_executor(pool);
    bool right = true;
    fenv_t before;
    (void)state;
    fegetenv(&before);
    for (int i = 0; i < 20; i++) {
        meeting m;
        meeting_set_up(&m, WORKERS);
        right = !rtk_parallel_for(e, WORKERS, WORKERS, spoil_modes, &m, NULL) &&
                right;
        meeting_tear_down(&m);
        /* The caller's own part changed the caller's modes. */
        fesetenv(&before);
        right = all_saw(e, modes()) && right;
    }
    assert_true(right);
    rtk_pool_free(pool);
}

/* ---- Exceptions of floating-point arithmetic -------------------------------
 */

static rtk_status idle(void *arg, size_t part) {
    (void)arg;
    (void)part;
    return RTK_OK;
}

static void run_idle(rtk_pool *pool, unsigned workers, uint64_t part_ns) {
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_pool_executor(pool),
                     .workers = workers,
                     .parts = 1001,
                     .run = idle,
                     .part_ns = part_ns};
    assert_int_equal(RTK_OK, rtk_work_run(&work, NULL));
}

/* Loops of every kind on a pool that shares, and on one that thinks. */
static void run_all_kinds(void) {
    rtk_pool *pools[] = {pool_that_shares(WORKERS), NULL};
    assert_int_equal(RTK_OK, rtk_pool_new(&pools[1], WORKERS));
    for (size_t i = 0; i < 2; i++) {
        for (int round = 0; round < 50; round++)
            for (unsigned workers = 1; workers <= WORKERS; workers++)
                run_idle(pools[i], workers, (uint64_t)(round % 3) * 12);
        rtk_crossover crossover;
        rtk_pool_crossover(pools[i], &crossover);
        assert_int_equal(RTK_OK, rtk_pool_resize(pools[i], 2));
        run_idle(pools[i], WORKERS, 1000000000);
    }
    rtk_pool_free(pools[1]);
    rtk_pool_free(pools[0]);
}

static void a_loop_raises_no_floating_point_exception(void **state) {
    (void)state;
    feclearexcept(FE_ALL_EXCEPT);
    run_all_kinds();
    assert_int_equal(0, fetestexcept(FE_ALL_EXCEPT));
}

static void a_loop_keeps_the_exceptions_that_were_raised(void **state) {
    const int all = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW;
    (void)state;
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(all);
    run_all_kinds();
    /* Raising overflow and underflow raises inexact on some processors. */
    assert_int_equal(all, fetestexcept(FE_ALL_EXCEPT) & ~FE_INEXACT);
    feclearexcept(FE_ALL_EXCEPT);
}

static int trap_and_run(void *arg) {
    (void)arg;
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_ALL_EXCEPT);
    run_all_kinds();
    return 0;
}

static void a_caller_that_traps_exceptions_may_run_loops(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(0, unit_fork(trap_and_run, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_sees_the_callers_modes),
        cmocka_unit_test(callers_with_other_modes_do_not_get_each_others),
        cmocka_unit_test(modes_that_a_part_leaves_do_not_reach_the_next_loop),
        cmocka_unit_test(a_loop_raises_no_floating_point_exception),
        cmocka_unit_test(a_loop_keeps_the_exceptions_that_were_raised),
        cmocka_unit_test(a_caller_that_traps_exceptions_may_run_loops),
    };
    share_always();
    return RTK_RUN(tests);
}
