/* Circles of locks: which are told of, and which are not. Each case runs in a
 * process of its own that says what it found on a pipe; a thread at a time, so
 * nothing ever blocks. */
#include <jansson.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/locks/held_locks.h"
#include "harness/plugin.h"
#include "harness/report.h"

/* The locks of a case; every case has fresh ones in its own process. */
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER,
                       b = PTHREAD_MUTEX_INITIALIZER,
                       c = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER,
                        s = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t x, y;

/* Run `body` in a thread, to its end. */
static void in_thread(void (*body)(void)) {
    pthread_t thread;
    void *(*start)(void *);
    memcpy(&start, &body, sizeof start);
    if (pthread_create(&thread, NULL, start, NULL) != 0) abort();
    pthread_join(thread, NULL);
}

/* The number of findings of `oracle` that `body` made in a child. */
static size_t findings(void (*body)(void), size_t stacks_least) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        rtk_emit_to(fds[1]);
        rtk_report_prepare();
        rtk_lock_order_begin();
        body();
        rtk_lock_graph_judge();
        _exit(0);
    }
    close(fds[1]);
    FILE *lines = fdopen(fds[0], "r");
    if (!lines) abort();
    size_t n = 0;
    for (json_t *line;
         (line = json_loadf(lines, JSON_DISABLE_EOF_CHECK, NULL));) {
        const char *oracle = json_string_value(json_object_get(line, "oracle"));
        if (strcmp(oracle, "lock-order") == 0) {
            n++;
            assert_true(json_array_size(json_object_get(line, "stacks")) >=
                        stacks_least);
        }
        json_decref(line);
    }
    fclose(lines);
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    return n;
}

#define PAIR(name, lock_one, one, lock_two, two, unlock_two, unlock_one)       \
    static void name(void) {                                                   \
        lock_one(&one);                                                        \
        lock_two(&two);                                                        \
        unlock_two(&two);                                                      \
        unlock_one(&one);                                                      \
    }
#define MUTEXES(name, one, two)                                                \
    PAIR(name, pthread_mutex_lock, one, pthread_mutex_lock, two,               \
         pthread_mutex_unlock, pthread_mutex_unlock)

MUTEXES(a_b, a, b)
MUTEXES(b_a, b, a)
MUTEXES(b_c, b, c)
MUTEXES(c_a, c, a)

static void two_orders(void) {
    in_thread(a_b);
    in_thread(b_a);
}

static void two_orders_of_mutexes_are_told_once_with_all_stacks(void **state) {
    (void)state;
    assert_int_equal(findings(two_orders, 4), 1);
}

static void round_three(void) {
    in_thread(a_b);
    in_thread(b_c);
    in_thread(c_a);
}

static void a_circle_of_three_is_told(void **state) {
    (void)state;
    assert_int_equal(findings(round_three, 6), 1);
}

static void one_order(void) {
    in_thread(a_b);
    in_thread(b_c);
    in_thread(a_b);
}

static void one_order_is_not_accused(void **state) {
    (void)state;
    assert_int_equal(findings(one_order, 0), 0);
}

static void alone(void) {
    a_b();
    b_a();
}

static void both_orders_by_one_thread_are_not_accused(void **state) {
    (void)state;
    assert_int_equal(findings(alone, 0), 0);
}

static void under_c(void (*body)(void)) {
    pthread_mutex_lock(&c);
    body();
    pthread_mutex_unlock(&c);
}

static void c_a_b(void) {
    under_c(a_b);
}

static void c_b_a(void) {
    under_c(b_a);
}

static void behind_a_gate(void) {
    in_thread(c_a_b);
    in_thread(c_b_a);
}

static void beside_the_gate(void) {
    behind_a_gate();
    in_thread(a_b);
}

static void a_lock_held_beside_all_is_a_gate(void **state) {
    (void)state;
    assert_int_equal(findings(behind_a_gate, 0), 0);
    assert_int_equal(findings(beside_the_gate, 4), 1);
}

/* ---- Semaphores -------------------------------------------------------------
 */

PAIR(x_y, sem_wait, x, sem_wait, y, sem_post, sem_post)
PAIR(y_x, sem_wait, y, sem_wait, x, sem_post, sem_post)

static void semaphores(void) {
    sem_init(&x, 0, 1);
    sem_init(&y, 0, 1);
    in_thread(x_y);
    in_thread(y_x);
}

static void semaphores_as_locks_are_told(void **state) {
    (void)state;
    assert_int_equal(findings(semaphores, 4), 1);
}

static void mixed(void) {
    sem_wait(&x);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    sem_post(&x);
}

static void mixed_back(void) {
    pthread_mutex_lock(&a);
    sem_wait(&x);
    sem_post(&x);
    pthread_mutex_unlock(&a);
}

static void mutex_and_semaphore(void) {
    sem_init(&x, 0, 1);
    in_thread(mixed);
    in_thread(mixed_back);
}

static void a_mutex_and_a_semaphore_are_told(void **state) {
    (void)state;
    assert_int_equal(findings(mutex_and_semaphore, 4), 1);
}

/* One thread waits for what another posts: that is no lock. */
static void post_x(void) {
    sem_post(&x);
}

static void take_x_keep_it(void) {
    sem_wait(&x);
    a_b();
}

static void signals(void) {
    sem_init(&x, 0, 0);
    in_thread(post_x);
    in_thread(take_x_keep_it);
    in_thread(post_x);
    in_thread(mixed_back);
}

static void semaphores_that_signal_are_not_accused(void **state) {
    (void)state;
    assert_int_equal(findings(signals, 0), 0);
}

/* ---- Other locks ------------------------------------------------------------
 */

PAIR(read_r_s, pthread_rwlock_rdlock, r, pthread_rwlock_rdlock, s,
     pthread_rwlock_unlock, pthread_rwlock_unlock)
PAIR(read_s_r, pthread_rwlock_rdlock, s, pthread_rwlock_rdlock, r,
     pthread_rwlock_unlock, pthread_rwlock_unlock)
PAIR(write_s_r, pthread_rwlock_wrlock, s, pthread_rwlock_wrlock, r,
     pthread_rwlock_unlock, pthread_rwlock_unlock)

static void readers(void) {
    in_thread(read_r_s);
    in_thread(read_s_r);
}

static void reader_and_writer(void) {
    in_thread(read_r_s);
    in_thread(write_s_r);
}

static void readers_do_not_wait_for_each_other(void **state) {
    (void)state;
    assert_int_equal(findings(readers, 0), 0);
    assert_int_equal(findings(reader_and_writer, 4), 1);
}

PAIR(spin_a, pthread_spin_lock, spin, pthread_mutex_lock, a,
     pthread_mutex_unlock, pthread_spin_unlock)
PAIR(a_spin, pthread_mutex_lock, a, pthread_spin_lock, spin,
     pthread_spin_unlock, pthread_mutex_unlock)

static void spins(void) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    in_thread(spin_a);
    in_thread(a_spin);
}

static void spin_locks_are_told(void **state) {
    (void)state;
    assert_int_equal(findings(spins, 4), 1);
}

static void custom(const void *one, const void *two) {
    const rtk_host *host = rtk_host_table();
    host->lock_taken(one);
    host->lock_taken(two);
    host->lock_released(two);
    host->lock_released(one);
}

static char mine, yours;

static void mine_yours(void) {
    custom(&mine, &yours);
}

static void yours_mine(void) {
    custom(&yours, &mine);
}

static void customs(void) {
    in_thread(mine_yours);
    in_thread(yours_mine);
}

static void locks_that_a_plugin_tells_of_are_followed(void **state) {
    (void)state;
    assert_int_equal(findings(customs, 4), 1);
}

/* ---- Calls that do not wait for ever ----------------------------------------
 */

static void b_try_a(void) {
    pthread_mutex_lock(&b);
    if (pthread_mutex_trylock(&a) == 0) pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

static void b_a_in_time(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&b);
    if (pthread_mutex_timedlock(&a, &until) == 0) pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

static void tries(void) {
    in_thread(a_b);
    in_thread(b_try_a);
    in_thread(b_a_in_time);
}

static void who_only_tries_is_not_accused(void **state) {
    (void)state;
    assert_int_equal(findings(tries, 0), 0);
}

/* What was taken by a try is held all the same. */
static void try_a_b(void) {
    if (pthread_mutex_trylock(&a) != 0) abort();
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

static void tried_is_held(void) {
    in_thread(try_a_b);
    in_thread(b_a);
}

static void what_was_taken_by_a_try_is_held(void **state) {
    (void)state;
    assert_int_equal(findings(tried_is_held, 4), 1);
}

/* The mutex that is waited for again after a condition. */
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void wait_with_b(void) {
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_cond_timedwait(&never, &a, &soon);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

static void waits(void) {
    in_thread(wait_with_b);
    in_thread(a_b);
}

static void a_condition_takes_its_mutex_again(void **state) {
    (void)state;
    assert_int_equal(findings(waits, 4), 1);
}

/* ---- The same address, the same lock? ---------------------------------------
 */

static void made_anew(void) {
    in_thread(a_b);
    pthread_mutex_destroy(&a);
    pthread_mutex_init(&a, NULL);
    in_thread(b_a);
}

static void a_lock_made_anew_is_another(void **state) {
    (void)state;
    assert_int_equal(findings(made_anew, 0), 0);
}

static pthread_mutex_t again;

static void again_and_a(void) {
    pthread_mutex_lock(&again);
    pthread_mutex_lock(&again);
    pthread_mutex_unlock(&again);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&again);
}

static void a_and_again(void) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&again);
    pthread_mutex_unlock(&again);
    pthread_mutex_unlock(&a);
}

static void recursive(void) {
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&again, &how);
    in_thread(again_and_a);
    in_thread(a_and_again);
}

static void a_recursive_mutex_is_held_until_the_last_unlock(void **state) {
    (void)state;
    assert_int_equal(findings(recursive, 4), 1);
}

/* Many short-lived locks fill the tables; the record then says so. */
static void many(void) {
    enum { LOCKS = 20000 };
    for (int i = 0; i < LOCKS; i++) {
        pthread_mutex_t own;
        pthread_mutex_init(&own, NULL);
        pthread_mutex_lock(&own);
        pthread_mutex_unlock(&own);
        pthread_mutex_destroy(&own);
    }
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_lock_order_tell(&line);
    if (!memmem(line.text, line.used, "lock_orders_lost", 16)) abort();
    two_orders();
}

static void full_tables_are_told_and_do_no_harm(void **state) {
    (void)state;
    assert_int_equal(findings(many, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_of_mutexes_are_told_once_with_all_stacks),
        cmocka_unit_test(a_circle_of_three_is_told),
        cmocka_unit_test(one_order_is_not_accused),
        cmocka_unit_test(both_orders_by_one_thread_are_not_accused),
        cmocka_unit_test(a_lock_held_beside_all_is_a_gate),
        cmocka_unit_test(semaphores_as_locks_are_told),
        cmocka_unit_test(a_mutex_and_a_semaphore_are_told),
        cmocka_unit_test(semaphores_that_signal_are_not_accused),
        cmocka_unit_test(readers_do_not_wait_for_each_other),
        cmocka_unit_test(spin_locks_are_told),
        cmocka_unit_test(locks_that_a_plugin_tells_of_are_followed),
        cmocka_unit_test(who_only_tries_is_not_accused),
        cmocka_unit_test(what_was_taken_by_a_try_is_held),
        cmocka_unit_test(a_condition_takes_its_mutex_again),
        cmocka_unit_test(a_lock_made_anew_is_another),
        cmocka_unit_test(a_recursive_mutex_is_held_until_the_last_unlock),
        cmocka_unit_test(full_tables_are_told_and_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
