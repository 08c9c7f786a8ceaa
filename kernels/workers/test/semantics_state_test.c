/* What a loop leaves as it was in its caller: errno, signals, CPUs and
 * cancellation; and what helpers have of it. */

#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "kernels/workers/test/semantics.h"

enum { WORKERS = 4, ODD_ERRNO = 4711, LOOPS = 200 };

/* One word for each worker: signals that are not blocked. */
typedef struct masks {
    meeting m;
    pthread_t caller;
    bool came[WORKERS], is_helper[WORKERS];
    unsigned open[WORKERS];
} masks;

/* Cannot be blocked, are the C library's own, or tell of a fault in the part,
 * for which the application may have a handler. */
static bool exempt(int number) {
    static const int faults[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                 SIGILL,  SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (number == faults[i]) return true;
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

static void helpers_have_all_signals_blocked_but_faults(void **state) {
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

/* Two parts, of which the helper's lasts until the caller has slept. */
typedef struct patience {
    meeting m;
    pthread_t caller;
    int caller_id;
} patience;

static rtk_status outlast(void *arg, size_t part) {
    struct timespec naps = {0, 4000000};
    patience *w = arg;
    (void)part;
    if (!meeting_attend(&w->m)) return RTK_EFAILED;
    if (pthread_equal(pthread_self(), w->caller)) return RTK_OK;
    while (!thread_rests(w->caller_id)) sched_yield();
    /* It looks after its helpers now and then. */
    nanosleep(&naps, NULL);
    return RTK_OK;
}

static bool waiting_leaves_all(const rtk_executor *e) {
    patience w = {.caller = pthread_self(),
                  .caller_id = (int)syscall(SYS_gettid)};
    own before, after;
    meeting_set_up(&w.m, 2);
    errno = ODD_ERRNO;
    look(&before);
    bool right = !rtk_parallel_for(e, 2, 2, outlast, &w, NULL);
    look(&after);
    meeting_tear_down(&w.m);
    return right && same(&before, &after);
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
        right = !rtk_parallel_for(e, 1 + i % WORKERS, 8, slots_note, &s, NULL);
        look(&after);
        right = right && same(&before, &after);
    }
    for (int i = 0; right && i < 5; i++) right = waiting_leaves_all(e);
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
        cmocka_unit_test(helpers_have_all_signals_blocked_but_faults),
    };
    share_always();
    return RTK_RUN(tests);
}
