/* Hooks: each does what the function does whose name it has, and allocations,
 * mappings and starts of threads fail when they are told to. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/hooks/failure.h"
#include "harness/locks/held_locks.h"

/* All is tried with locks followed, and without. */
static int follow(void **state) {
    (void)state;
    rtk_lock_order_begin();
    return 0;
}

static int do_not_follow(void **state) {
    (void)state;
    rtk_lock_order_end();
    return 0;
}

static struct timespec past(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now;
}

/* Run `body` in a thread and return what it returned. */
static int in_thread(void *(*body)(void *), void *arg) {
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, body, arg), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return (int)(intptr_t)result;
}

static void *result(int status) {
    return (void *)(intptr_t)status;
}

static void *try_mutex(void *lock) {
    int status = pthread_mutex_trylock(lock);
    if (!status) pthread_mutex_unlock(lock);
    return result(status);
}

static void *time_mutex(void *lock) {
    struct timespec until = past(CLOCK_REALTIME);
    int status = pthread_mutex_timedlock(lock, &until);
    if (!status) pthread_mutex_unlock(lock);
    return result(status);
}

static void *clock_mutex(void *lock) {
    struct timespec until = past(CLOCK_MONOTONIC);
    int status = pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &until);
    if (!status) pthread_mutex_unlock(lock);
    return result(status);
}

static void a_mutex_excludes(void **state) {
    (void)state;
    pthread_mutex_t lock;
    assert_int_equal(pthread_mutex_init(&lock, NULL), 0);
    assert_int_equal(pthread_mutex_lock(&lock), 0);
    assert_int_equal(in_thread(try_mutex, &lock), EBUSY);
    assert_int_equal(in_thread(time_mutex, &lock), ETIMEDOUT);
    assert_int_equal(in_thread(clock_mutex, &lock), ETIMEDOUT);
    assert_int_equal(pthread_mutex_unlock(&lock), 0);
    assert_int_equal(in_thread(try_mutex, &lock), 0);
    assert_int_equal(in_thread(time_mutex, &lock), 0);
    assert_int_equal(in_thread(clock_mutex, &lock), 0);
    assert_int_equal(pthread_mutex_destroy(&lock), 0);
}

/* What the hooks see first is refused all the same. */
static void a_mutex_that_checks_refuses_its_owner(void **state) {
    (void)state;
    pthread_mutex_t lock;
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, PTHREAD_MUTEX_ERRORCHECK);
    assert_int_equal(pthread_mutex_init(&lock, &how), 0);
    assert_int_equal(pthread_mutex_lock(&lock), 0);
    assert_int_equal(pthread_mutex_lock(&lock), EDEADLK);
    assert_int_equal(pthread_mutex_unlock(&lock), 0);
    assert_false(rtk_lock_held(&lock));
    assert_int_equal(pthread_mutex_destroy(&lock), 0);
}

static void *try_read(void *lock) {
    int status = pthread_rwlock_tryrdlock(lock);
    if (!status) pthread_rwlock_unlock(lock);
    return result(status);
}

static void *try_write(void *lock) {
    int status = pthread_rwlock_trywrlock(lock);
    if (!status) pthread_rwlock_unlock(lock);
    return result(status);
}

static void *time_both(void *lock) {
    struct timespec until = past(CLOCK_REALTIME);
    int status = pthread_rwlock_timedrdlock(lock, &until);
    if (!status) pthread_rwlock_unlock(lock);
    int other = pthread_rwlock_timedwrlock(lock, &until);
    if (!other) pthread_rwlock_unlock(lock);
    return result(status == other ? status : -1);
}

static void an_rwlock_lets_readers_in_together(void **state) {
    (void)state;
    pthread_rwlock_t lock;
    assert_int_equal(pthread_rwlock_init(&lock, NULL), 0);
    assert_int_equal(pthread_rwlock_rdlock(&lock), 0);
    assert_int_equal(in_thread(try_read, &lock), 0);
    assert_int_equal(in_thread(try_write, &lock), EBUSY);
    assert_int_equal(pthread_rwlock_unlock(&lock), 0);
    assert_int_equal(pthread_rwlock_wrlock(&lock), 0);
    assert_int_equal(in_thread(try_read, &lock), EBUSY);
    assert_int_equal(in_thread(time_both, &lock), ETIMEDOUT);
    assert_int_equal(pthread_rwlock_unlock(&lock), 0);
    assert_int_equal(in_thread(time_both, &lock), 0);
    assert_int_equal(pthread_rwlock_destroy(&lock), 0);
}

static void *try_spin(void *lock) {
    pthread_spinlock_t *spin = lock;
    int status = pthread_spin_trylock(spin);
    if (!status) pthread_spin_unlock(spin);
    return result(status);
}

static void a_spin_lock_excludes(void **state) {
    (void)state;
    pthread_spinlock_t lock;
    assert_int_equal(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE), 0);
    assert_int_equal(pthread_spin_lock(&lock), 0);
    assert_int_equal(in_thread(try_spin, (void *)(uintptr_t)&lock), EBUSY);
    assert_int_equal(pthread_spin_unlock(&lock), 0);
    assert_int_equal(in_thread(try_spin, (void *)(uintptr_t)&lock), 0);
    assert_int_equal(pthread_spin_destroy(&lock), 0);
}

static void a_semaphore_counts(void **state) {
    (void)state;
    sem_t it;
    int value;
    struct timespec until = past(CLOCK_REALTIME);
    assert_int_equal(sem_init(&it, 0, 1), 0);
    assert_int_equal(sem_wait(&it), 0);
    errno = 0;
    assert_int_equal(sem_trywait(&it), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(sem_timedwait(&it, &until), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(sem_post(&it), 0);
    assert_int_equal(sem_post(&it), 0);
    assert_int_equal(sem_getvalue(&it, &value), 0);
    assert_int_equal(value, 2);
    assert_int_equal(sem_trywait(&it), 0);
    assert_int_equal(sem_timedwait(&it, &until), 0);
    assert_int_equal(sem_destroy(&it), 0);
}

/* ---- Conditions and barriers ------------------------------------------------
 */

/* Guarded by `lock`; `changed` tells of each step. */
typedef struct steps {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_barrier_t start;
    int step;
} steps;

/* The other side: 0 to 1, 2 to 3; woken by a signal, then by a broadcast. */
static void *answer(void *arg) {
    steps *s = arg;
    bool serial = pthread_barrier_wait(&s->start) != 0;
    pthread_mutex_lock(&s->lock);
    while (s->step != 1) pthread_cond_wait(&s->changed, &s->lock);
    s->step = 2;
    pthread_cond_signal(&s->changed);
    while (s->step != 3) pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
    return result(serial);
}

static void conditions_and_barriers_wake(void **state) {
    (void)state;
    steps s = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .changed = PTHREAD_COND_INITIALIZER};
    struct timespec now = past(CLOCK_REALTIME), tick = past(CLOCK_MONOTONIC);
    pthread_t thread;
    void *serial;
    pthread_barrier_init(&s.start, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, answer, &s), 0);
    bool mine = pthread_barrier_wait(&s.start) != 0;
    pthread_mutex_lock(&s.lock);
    s.step = 1;
    pthread_cond_signal(&s.changed);
    while (s.step != 2) pthread_cond_wait(&s.changed, &s.lock);
    assert_int_equal(pthread_cond_timedwait(&s.changed, &s.lock, &now),
                     ETIMEDOUT);
    assert_int_equal(
        pthread_cond_clockwait(&s.changed, &s.lock, CLOCK_MONOTONIC, &tick),
        ETIMEDOUT);
    s.step = 3;
    pthread_cond_broadcast(&s.changed);
    pthread_mutex_unlock(&s.lock);
    pthread_join(thread, &serial);
    /* One of the two was told that it is the last. */
    assert_int_equal(mine + (serial != NULL), 1);
    pthread_barrier_destroy(&s.start);
    pthread_cond_destroy(&s.changed);
}

/* ---- Failures ---------------------------------------------------------------
 */

/* The compiler may not leave an allocation out. */
static void keep(const void *block) {
    __asm__ __volatile__("" : : "r"(block) : "memory");
}

static bool allocated(void *block) {
    keep(block);
    bool got = block != NULL;
    free(block);
    return got;
}

static void the_nth_allocation_fails_and_all_are_counted(void **state) {
    (void)state;
    void *aligned = NULL;
    assert_true(rtk_failure_possible(RTK_FAILURE_OF_MEMORY));
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 3, false);
    bool first = allocated(malloc(10)), second = allocated(calloc(3, 5));
    errno = 0;
    bool third = allocated(realloc(NULL, 20));
    int why = errno;
    int fourth = posix_memalign(&aligned, 64, 100);
    bool fifth = allocated(aligned_alloc(64, 128));
    rtk_failure_disarm();
    bool after = allocated(malloc(10));
    assert_true(first && second && fifth && after);
    assert_false(third);
    assert_int_equal(why, ENOMEM);
    assert_int_equal(fourth, 0);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    assert_int_equal(rtk_failure_count(RTK_FAILURE_OF_MEMORY), 5);
    free(aligned);
}

static void each_way_to_allocate_can_fail(void **state) {
    (void)state;
    void *aligned = &aligned, *was = aligned;
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 1, false);
    bool plain = allocated(malloc(10));
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 1, false);
    bool zeroed = allocated(calloc(3, 5));
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 1, false);
    int status = posix_memalign(&aligned, 64, 100);
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 1, false);
    bool wide = allocated(aligned_alloc(64, 128));
    rtk_failure_disarm();
    assert_false(plain || zeroed || wide);
    assert_int_equal(status, ENOMEM);
    assert_ptr_equal(aligned, was);
}

static void posix_memalign_refuses_what_is_no_alignment(void **state) {
    (void)state;
    void *block = NULL;
    /* The sanitizers end the program instead. */
    if (strcmp(RTK_LANE, "native") != 0) {
        print_message("skipped: the %s lane ends the program\n", RTK_LANE);
        skip();
    }
    assert_int_equal(posix_memalign(&block, 24, 100), EINVAL);
    assert_int_equal(posix_memalign(&block, 4, 100), EINVAL);
    assert_null(block);
}

static bool mapped(int flags, int fd) {
    void *map = mmap(NULL, 4096, PROT_READ, flags | MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) return false;
    munmap(map, 4096);
    return true;
}

static void anonymous_mappings_fail_and_files_do_not(void **state) {
    (void)state;
    FILE *file = tmpfile();
    if (!file) abort();
    assert_int_equal(ftruncate(fileno(file), 4096), 0);
    assert_true(rtk_failure_possible(RTK_FAILURE_OF_MAPPING));
    rtk_failure_arm(RTK_FAILURE_OF_MAPPING, 2, false);
    bool of_file = mapped(0, fileno(file)), first = mapped(MAP_ANONYMOUS, -1);
    errno = 0;
    bool second = mapped(MAP_ANONYMOUS, -1);
    int why = errno;
    bool third = mapped(MAP_ANONYMOUS, -1);
    rtk_failure_disarm();
    assert_true(of_file && first && third);
    assert_false(second);
    assert_int_equal(why, ENOMEM);
    assert_int_equal(rtk_failure_count(RTK_FAILURE_OF_MAPPING), 3);
    fclose(file);
}

static void *nothing(void *arg) {
    return arg;
}

static int started(void) {
    pthread_t thread;
    int status = pthread_create(&thread, NULL, nothing, NULL);
    if (!status) pthread_join(thread, NULL);
    return status;
}

static void a_thread_that_cannot_be_had_is_refused(void **state) {
    (void)state;
    assert_true(rtk_failure_possible(RTK_FAILURE_OF_THREAD));
    rtk_failure_arm(RTK_FAILURE_OF_THREAD, 2, false);
    int first = started(), second = started(), third = started();
    rtk_failure_disarm();
    assert_int_equal(first, 0);
    assert_int_equal(second, EAGAIN);
    assert_int_equal(third, 0);
    assert_int_equal(rtk_failure_count(RTK_FAILURE_OF_THREAD), 3);
}

static void no_thread_can_be_had_beyond_a_limit(void **state) {
    (void)state;
    rtk_failure_arm(RTK_FAILURE_OF_THREAD, 2, true);
    int first = started(), second = started(), third = started();
    rtk_failure_disarm();
    assert_int_equal(first, 0);
    assert_int_equal(second, EAGAIN);
    assert_int_equal(third, EAGAIN);
    assert_int_equal(started(), 0);
}

static void *allocate_here(void *arg) {
    (void)arg;
    return result(allocated(malloc(10)));
}

static void only_the_thread_that_is_armed_fails(void **state) {
    (void)state;
    pthread_t thread;
    void *got = NULL;
    assert_int_equal(pthread_create(&thread, NULL, nothing, NULL), 0);
    pthread_join(thread, NULL);
    rtk_failure_arm(RTK_FAILURE_OF_THREAD, 0, false);
    rtk_failure_arm(RTK_FAILURE_OF_MEMORY, 0, false);
    int status = pthread_create(&thread, NULL, allocate_here, NULL);
    unsigned before = rtk_failure_count(RTK_FAILURE_OF_MEMORY);
    if (!status) pthread_join(thread, &got);
    unsigned after = rtk_failure_count(RTK_FAILURE_OF_MEMORY);
    rtk_failure_disarm();
    assert_int_equal(status, 0);
    assert_non_null(got);
    assert_int_equal(before, after);
}

#define BOTH(test)                                                             \
    cmocka_unit_test_setup_teardown(test, follow, do_not_follow),              \
        cmocka_unit_test(test)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(a_mutex_excludes),
        BOTH(a_mutex_that_checks_refuses_its_owner),
        BOTH(an_rwlock_lets_readers_in_together),
        BOTH(a_spin_lock_excludes),
        BOTH(a_semaphore_counts),
        BOTH(conditions_and_barriers_wake),
        cmocka_unit_test(the_nth_allocation_fails_and_all_are_counted),
        cmocka_unit_test(each_way_to_allocate_can_fail),
        cmocka_unit_test(posix_memalign_refuses_what_is_no_alignment),
        cmocka_unit_test(anonymous_mappings_fail_and_files_do_not),
        cmocka_unit_test(a_thread_that_cannot_be_had_is_refused),
        cmocka_unit_test(no_thread_can_be_had_beyond_a_limit),
        cmocka_unit_test(only_the_thread_that_is_armed_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
