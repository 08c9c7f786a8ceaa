/* What a loop leaves as it was in its caller, and what helpers take from it. */

#include <errno.h>
#include <fenv.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "kernels/workers/test/semantics.h"

enum { WORKERS = 4, ODD_ERRNO = 4711, CALLERS = 4, LOOPS = 200 };

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

enum { KINDS = 16 };

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

/* ---- Signals, errno, CPUs, cancellation ------------------------------------
 */

/* One word for each worker: signals that are not blocked. */
typedef struct masks {
    meeting m;
    pthread_t caller;
    bool came[WORKERS], is_helper[WORKERS];
    unsigned open[WORKERS];
} masks;

/* Cannot be blocked, or are the C library's own. */
static bool exempt(int number) {
    return number == SIGKILL || number == SIGSTOP ||
           (number >= 32 && number < SIGRTMIN);
}

static rtk_status look_at_mask(void *arg, size_t part) {
    masks *m = arg;
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    for (int i = 1; i <= SIGRTMAX; i++)
        m->open[part] += !exempt(i) && !sigismember(&now, i);
    m->is_helper[part] = !pthread_equal(pthread_self(), m->caller);
    m->came[part] = meeting_attend(&m->m);
    return RTK_OK;
}

static void helpers_have_all_signals_blocked(void **state) {
    rtk_pool *pool = pool_that_shares(WORKERS);
    masks m = {.caller = pthread_self()};
    unsigned helpers = 0;
    (void)state;
    meeting_set_up(&m.m, WORKERS);
    assert_int_equal(RTK_OK, rtk_parallel_for(rtk_pool_executor(pool), WORKERS,
                                              WORKERS, look_at_mask, &m, NULL));
    meeting_tear_down(&m.m);
    for (size_t i = 0; i < WORKERS; i++) {
        assert_true(m.came[i]);
        helpers += m.is_helper[i];
        if (m.is_helper[i]) assert_int_equal(0, m.open[i]);
    }
    assert_int_equal(WORKERS - 1, helpers);
    rtk_pool_free(pool);
}

/* What a thread has that a loop has no business to change. */
typedef struct own {
    sigset_t signals;
    cpu_set_t cpus;
    int cancel_state, cancel_type, error;
} own;

static void look(own *o) {
    o->error = errno;
    pthread_sigmask(SIG_SETMASK, NULL, &o->signals);
    sched_getaffinity(0, sizeof o->cpus, &o->cpus);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &o->cancel_state);
    pthread_setcancelstate(o->cancel_state, NULL);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &o->cancel_type);
    pthread_setcanceltype(o->cancel_type, NULL);
}

static bool same(const own *a, const own *b) {
    bool signals = true;
    for (int i = 1; i <= SIGRTMAX; i++)
        signals = signals &&
                  sigismember(&a->signals, i) == sigismember(&b->signals, i);
    return signals && CPU_EQUAL(&a->cpus, &b->cpus) &&
           a->cancel_state == b->cancel_state &&
           a->cancel_type == b->cancel_type && a->error == b->error;
}

/* Its first loop, loops that share and loops that do not. */
static bool leaves_all(const rtk_executor *e) {
    own before, after;
    unsigned calls[9] = {0};
    slots s = {.parts = 8, .calls = calls};
    bool right = true;
    for (int i = 0; right && i < LOOPS; i++) {
        errno = ODD_ERRNO;
        look(&before);
        errno = ODD_ERRNO;
        right = !rtk_parallel_for(e, 1 + i % WORKERS, 8, slots_note, &s, NULL);
        look(&after);
        right = right && same(&before, &after);
    }
    return right;
}

static void *call_strangely(void *arg) {
    bool *right = arg;
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &some, NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    rtk_pool *pool = pool_that_shares(WORKERS);
    *right = leaves_all(rtk_pool_executor(pool)) && leaves_all(NULL);
    rtk_pool_free(pool);
    return NULL;
}

static void a_loop_leaves_its_caller_as_it_was(void **state) {
    bool right = false;
    pthread_t id;
    (void)state;
    assert_true(leaves_all(NULL));
    assert_int_equal(0, pthread_create(&id, NULL, call_strangely, &right));
    pthread_join(id, NULL);
    assert_true(right);
}

/* A caller on one CPU keeps its mask, and its helpers have no more. */
static void *call_from_one_cpu(void *arg) {
    bool *right = arg;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one)) return NULL;
    rtk_pool *pool = pool_that_shares(WORKERS);
    *right = leaves_all(rtk_pool_executor(pool));
    rtk_pool_free(pool);
    return NULL;
}

static void a_caller_on_one_cpu_stays_there(void **state) {
    bool right = false;
    pthread_t id;
    (void)state;
    assert_int_equal(0, pthread_create(&id, NULL, call_from_one_cpu, &right));
    pthread_join(id, NULL);
    assert_true(right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First, as it has the process's first loop. */
        cmocka_unit_test(a_loop_leaves_its_caller_as_it_was),
        cmocka_unit_test(a_caller_on_one_cpu_stays_there),
        cmocka_unit_test(every_part_sees_the_callers_modes),
        cmocka_unit_test(callers_with_other_modes_do_not_get_each_others),
        cmocka_unit_test(modes_that_a_part_leaves_do_not_reach_the_next_loop),
        cmocka_unit_test(a_loop_raises_no_floating_point_exception),
        cmocka_unit_test(a_loop_keeps_the_exceptions_that_were_raised),
        cmocka_unit_test(a_caller_that_traps_exceptions_may_run_loops),
        cmocka_unit_test(helpers_have_all_signals_blocked),
    };
    share_always();
    return RTK_RUN(tests);
}
