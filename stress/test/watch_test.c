/* What is seen of a trial from outside: which processes are accused of what,
 * and which are not. Each case is a child that does one thing. No case is
 * decided by how long something took: those that are accused would never end,
 * those that are not end by themselves. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/clock.h"
#include "harness/crash.h"
#include "harness/report.h"
#include "stress/runner.h"

/* Long enough for a deadlock to be seen on a busy machine: with a finding of
 * another kind the test fails. */
enum { TIMEOUT_MS = 30000, SHORT_MS = 1000, PAUSE_MS = 700, ACTORS = 4 };

static FILE *lines;
static rtk_pulse_page *page;

static int prepare(void **state) {
    int fds[2];
    (void)state;
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0 || rtk_pulse_new(&page, ACTORS))
        return -1;
    lines = fdopen(fds[0], "r");
    rtk_emit_to(fds[1]);
    rtk_report_prepare();
    return 0;
}

static int finish(void **state) {
    (void)state;
    rtk_pulse_free(page);
    page = NULL;
    return fclose(lines);
}

/* What came of a case. */
typedef struct seen {
    const char *how;
    int number;
    size_t findings, stacks;
    char kind[64], oracle[32]; /* of the first finding */
} seen;

static seen watch_for(void (*body)(void), unsigned timeout_ms) {
    seen s = {0};
    rtk_pulse_reset(page);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        setpgid(0, 0);
        rtk_pulse_use(page);
        body();
        _exit(0);
    }
    assert_true(child > 0);
    setpgid(child, child);
    s.how = rtk_runner_watch(child, timeout_ms, page, NULL, &s.number);
    clearerr(lines);
    for (json_t *line;
         (line = json_loadf(lines, JSON_DISABLE_EOF_CHECK, NULL));) {
        if (s.findings++ == 0) {
            snprintf(s.kind, sizeof s.kind, "%s",
                     json_string_value(json_object_get(line, "kind")));
            snprintf(s.oracle, sizeof s.oracle, "%s",
                     json_string_value(json_object_get(line, "oracle")));
            s.stacks = json_array_size(json_object_get(line, "stacks"));
        }
        json_decref(line);
    }
    return s;
}

static void accused(void (*body)(void), unsigned timeout_ms, const char *kind) {
    seen s = watch_for(body, timeout_ms);
    assert_string_equal(s.how, "hung");
    assert_int_equal(s.findings, 1);
    assert_string_equal(s.oracle, "hang");
    assert_string_equal(s.kind, kind);
}

static void not_accused(void (*body)(void)) {
    seen s = watch_for(body, TIMEOUT_MS);
    if (s.findings) fail_msg("accused of \"%s\"", s.kind);
    assert_string_equal(s.how, "completed");
}

#define BLOCKED "all threads are blocked"

static void start(void *(*body)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, NULL) != 0) abort();
    /* Nobody joins it: a thread that has ended by then is a leak for TSan. */
    pthread_detach(thread);
}

static void pause_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* ---- Deadlocks --------------------------------------------------------------
 */

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER,
                       two = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static sem_t none;

static void *take_two_one(void *arg) {
    pthread_mutex_lock(&two);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&one);
    return arg;
}

static void lock_crosswise(void) {
    pthread_barrier_init(&both, NULL, 2);
    start(take_two_one);
    pthread_mutex_lock(&one);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&two);
}

static void wait_for_nobody(void) {
    sem_init(&none, 0, 0);
    while (sem_wait(&none) != 0) {
    }
}

static void *wait_for_a_condition(void *arg) {
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&one);
    for (;;) pthread_cond_wait(&never, &one);
    return arg;
}

static void join_one_that_waits(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_a_condition, NULL) != 0) abort();
    pthread_join(thread, NULL);
}

/* The thread that began the process has ended: it is in nobody's way. */
static void end_before_the_others(void) {
    start(wait_for_a_condition);
    pthread_exit(NULL);
}

static void wait_for_a_blocked_child(void) {
    pid_t child = fork();
    if (child == 0) wait_for_nobody();
    waitpid(child, NULL, 0);
}

static void read_an_own_pipe(void) {
    int fds[2];
    char byte;
    if (pipe(fds) != 0) abort();
    ssize_t n = read(fds[0], &byte, 1);
    (void)n;
}

static void deadlocks_are_seen_with_time_left(void **state) {
    (void)state;
    accused(lock_crosswise, TIMEOUT_MS, BLOCKED);
    accused(wait_for_nobody, TIMEOUT_MS, BLOCKED);
    accused(join_one_that_waits, TIMEOUT_MS, BLOCKED);
    accused(end_before_the_others, TIMEOUT_MS, BLOCKED);
    accused(wait_for_a_blocked_child, TIMEOUT_MS, BLOCKED);
    accused(read_an_own_pipe, TIMEOUT_MS, BLOCKED);
}

static void a_deadlock_comes_with_all_stacks(void **state) {
    (void)state;
    if (system("command -v eu-stack >/dev/null") != 0) {
        print_message("skipped: eu-stack is not installed\n");
        skip();
    }
    seen s = watch_for(lock_crosswise, TIMEOUT_MS);
    assert_true(s.stacks >= 2);
}

/* ---- Slow, but sound --------------------------------------------------------
 */

static void *post_later(void *arg) {
    pause_ms(PAUSE_MS);
    sem_post(&none);
    return arg;
}

static void sleep_while_another_waits(void) {
    sem_init(&none, 0, 0);
    start(post_later);
    while (sem_wait(&none) != 0) {
    }
}

static void wait_with_a_limit(void) {
    struct timespec until;
    sem_init(&none, 0, 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    while (sem_timedwait(&none, &until) != 0 && errno == EINTR) {
    }
}

static void wait_for_a_slow_child(void) {
    pid_t child = fork();
    if (child == 0) {
        pause_ms(PAUSE_MS);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* A process that has lost its parent still belongs to the trial. */
static void read_from_a_grandchild(void) {
    int fds[2];
    char byte;
    if (pipe(fds) != 0) abort();
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            pause_ms(PAUSE_MS);
            if (write(fds[1], "", 1) != 1) abort();
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    if (read(fds[0], &byte, 1) != 1) abort();
}

/* Its other end is outside: made before the child, by this process. */
static int outside[2];

static void read_from_outside(void) {
    char byte;
    close(outside[1]);
    if (read(outside[0], &byte, 1) != 1) abort();
}

static void *write_later(void *arg) {
    pause_ms(PAUSE_MS);
    if (write(outside[1], "", 1) != 1) abort();
    return arg;
}

static void poll_for_nothing(void) {
    poll(NULL, 0, PAUSE_MS);
}

static void on_alarm(int number) {
    (void)number;
    sem_post(&none);
}

static void wait_for_an_alarm(void) {
    struct itimerval later = {.it_value.tv_usec = PAUSE_MS * 1000L};
    sem_init(&none, 0, 0);
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &later, NULL);
    while (sem_wait(&none) != 0) {
    }
}

/* Two that hand a token to and fro are asleep at nearly every look. */
static sem_t turn[2];

static void *hand_back(void *arg) {
    for (;;) {
        while (sem_wait(&turn[1]) != 0) {
        }
        pause_ms(1);
        sem_post(&turn[0]);
    }
    return arg;
}

static void hand_to_and_fro(void) {
    sem_init(&turn[0], 0, 1);
    sem_init(&turn[1], 0, 0);
    start(hand_back);
    for (int i = 0; i < PAUSE_MS / 2; i++) {
        while (sem_wait(&turn[0]) != 0) {
        }
        sem_post(&turn[1]);
    }
}

static void slow_programs_are_not_accused(void **state) {
    (void)state;
    not_accused(sleep_while_another_waits);
    not_accused(wait_with_a_limit);
    not_accused(wait_for_a_slow_child);
    not_accused(read_from_a_grandchild);
    not_accused(poll_for_nothing);
    not_accused(wait_for_an_alarm);
    not_accused(hand_to_and_fro);
}

static void who_reads_from_outside_is_not_accused(void **state) {
    (void)state;
    assert_int_equal(pipe(outside), 0);
    /* A process that writes, as this one watches. */
    pid_t writer = fork();
    if (writer == 0) {
        write_later(NULL);
        _exit(0);
    }
    not_accused(read_from_outside);
    waitpid(writer, NULL, 0);
    close(outside[0]);
    close(outside[1]);
}

/* ---- Progress ---------------------------------------------------------------
 */

/* Spin, so that the compiler does not see that it never ends. */
static void spin_for_ever(void) {
    for (;;) __asm__ __volatile__("" : : : "memory");
}

static void spin_in_a_call(void) {
    rtk_pulse_begin(0);
    rtk_pulse(0);
    spin_for_ever();
}

static void yield_for_ever(void) {
    rtk_pulse_begin(0);
    for (;;) sched_yield();
}

/* It polls for what never comes: it neither works nor is it blocked. */
static void poll_for_ever(void) {
    rtk_pulse_begin(0);
    for (;;) pause_ms(20);
}

static void spin_after_all_calls(void) {
    rtk_pulse_begin(0);
    rtk_pulse(0);
    rtk_pulse_end(0);
    spin_for_ever();
}

static void busy_without_a_call_is_no_progress(void **state) {
    (void)state;
    accused(spin_in_a_call, SHORT_MS, "no progress");
    accused(yield_for_ever, SHORT_MS, "no progress");
}

static void stay_on_one_cpu(void) {
    cpu_set_t usable, chosen;
    size_t cpu = 0;
    sched_getaffinity(0, sizeof usable, &usable);
    while (!CPU_ISSET(cpu, &usable)) cpu++;
    CPU_ZERO(&chosen);
    CPU_SET(cpu, &chosen);
    sched_setaffinity(0, sizeof chosen, &chosen);
}

/* It gets a hundredth of a CPU. */
static void spin_in_a_call_behind_another(void) {
    stay_on_one_cpu();
    if (nice(19) == 19) spin_in_a_call();
}

static void who_gets_no_cpu_is_busy_all_the_same(void **state) {
    (void)state;
    pid_t rival = fork();
    if (rival == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay_on_one_cpu();
        spin_for_ever();
    }
    seen s = watch_for(spin_in_a_call_behind_another, SHORT_MS);
    kill(rival, SIGKILL);
    waitpid(rival, NULL, 0);
    assert_string_equal(s.how, "hung");
    assert_string_equal(s.kind, "no progress");
}

static void all_else_is_a_hang(void **state) {
    (void)state;
    accused(poll_for_ever, SHORT_MS, "hang");
    accused(spin_after_all_calls, SHORT_MS, "hang");
}

/* Actor `arg` makes calls until the time is up. */
static atomic_bool stop;

static void *make_calls(void *arg) {
    unsigned index = (unsigned)(uintptr_t)arg;
    rtk_pulse_begin(index);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        pause_ms(1);
        rtk_pulse(index);
    }
    rtk_pulse_end(index);
    return NULL;
}

/* Actor 0 stands in its third call while the others make theirs; all end when
 * they have made enough. */
static void lag_behind(void) {
    enum { ENOUGH = 2500 };
    pthread_t thread[ACTORS];
    for (uintptr_t i = 1; i < ACTORS; i++)
        if (pthread_create(&thread[i], NULL, make_calls, (void *)i) != 0)
            abort();
    rtk_pulse_begin(0);
    for (int i = 0; i < 2; i++) {
        pause_ms(1);
        rtk_pulse(0);
    }
    while (atomic_load_explicit(&page->beat[1].calls, memory_order_relaxed) <
           ENOUGH)
        pause_ms(5);
    atomic_store_explicit(&stop, true, memory_order_relaxed);
    for (size_t i = 1; i < ACTORS; i++) pthread_join(thread[i], NULL);
}

static void one_that_lags_far_behind_has_lost_progress(void **state) {
    (void)state;
    seen s = watch_for(lag_behind, TIMEOUT_MS);
    assert_string_equal(s.how, "completed");
    assert_int_equal(s.findings, 1);
    assert_string_equal(s.kind, "lost progress");
}

/* All are slow in the same way. */
static void go_together(void) {
    enum { CALLS = 3, CALL_MS = 400 };
    for (int n = 0; n < CALLS; n++) {
        for (unsigned i = 0; i < ACTORS; i++) rtk_pulse_begin(i);
        pause_ms(CALL_MS);
        for (unsigned i = 0; i < ACTORS; i++) rtk_pulse(i);
    }
}

static void slow_calls_are_progress(void **state) {
    (void)state;
    not_accused(go_together);
}

/* Each step in time, all of them not. */
static void go_on_and_on(void) {
    enum { STEP_MS = 100 };
    rtk_pulse_begin(0);
    for (int n = 0; n < 2 * SHORT_MS / STEP_MS; n++) {
        pause_ms(STEP_MS);
        rtk_pulse(0);
    }
}

static void go_on_for_ever(void) {
    for (;;) go_on_and_on();
}

static void who_gets_on_has_more_time_but_not_for_ever(void **state) {
    (void)state;
    seen s = watch_for(go_on_and_on, SHORT_MS);
    assert_string_equal(s.how, "completed");
    assert_int_equal(s.findings, 0);
    accused(go_on_for_ever, SHORT_MS, "hang");
}

/* ---- Ends -------------------------------------------------------------------
 */

static void end_at_once(void) {}

static void end_with_a_code(void) {
    _exit(3);
}

static void be_killed(void) {
    raise(SIGKILL);
}

static void ends_are_told_as_they_were(void **state) {
    (void)state;
    not_accused(end_at_once);
    seen s = watch_for(end_with_a_code, TIMEOUT_MS);
    assert_string_equal(s.how, "crashed");
    assert_int_equal(s.number, 3);
    s = watch_for(be_killed, TIMEOUT_MS);
    assert_string_equal(s.how, "killed");
}

/* A crash whose report waits for ever, as for a lock that the crash has left
 * behind: here for the byte that lets it write. */
static void crash_and_hang(void) {
    int fds[2];
    if (pipe(fds) != 0) abort();
    rtk_emit_hold(fds[0]);
    rtk_crash_watch(NULL);
    raise(SIGSEGV);
}

static void a_crash_whose_report_hangs_still_ends(void **state) {
    (void)state;
    seen s = watch_for(crash_and_hang, TIMEOUT_MS);
    /* By its own limit, or as what it is: a process that waits for itself. */
    if (strcmp(s.how, "hung") == 0)
        assert_string_equal(s.kind, BLOCKED);
    else
        assert_string_equal(s.how, "crashed");
}

/* What the report looks at is broken too. */
static void crash_twice(void) {
    rtk_crash_watch((const rtk_team *)(uintptr_t)4096);
    raise(SIGSEGV);
}

static void a_crash_inside_a_crash_is_told(void **state) {
    (void)state;
    seen s = watch_for(crash_twice, TIMEOUT_MS);
    assert_string_equal(s.how, "crashed");
    assert_int_equal(s.findings, 1);
    assert_string_equal(s.oracle, "crash");
    assert_string_equal(s.kind, "segmentation fault");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlocks_are_seen_with_time_left),
        cmocka_unit_test(a_deadlock_comes_with_all_stacks),
        cmocka_unit_test(slow_programs_are_not_accused),
        cmocka_unit_test(who_reads_from_outside_is_not_accused),
        cmocka_unit_test(busy_without_a_call_is_no_progress),
        cmocka_unit_test(who_gets_no_cpu_is_busy_all_the_same),
        cmocka_unit_test(all_else_is_a_hang),
        cmocka_unit_test(one_that_lags_far_behind_has_lost_progress),
        cmocka_unit_test(slow_calls_are_progress),
        cmocka_unit_test(who_gets_on_has_more_time_but_not_for_ever),
        cmocka_unit_test(ends_are_told_as_they_were),
        cmocka_unit_test(a_crash_whose_report_hangs_still_ends),
        cmocka_unit_test(a_crash_inside_a_crash_is_told),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
