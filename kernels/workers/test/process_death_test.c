/* Whoever dies, and whenever: no part is lost, none is counted twice, the
 * caller goes on, and the dead are buried. */

#include "kernels/workers/test/process_unit.h"

#include <pthread.h>

enum { PARTS = 400, WORKERS = 3 };

/* Lies in the arena. */
typedef struct board {
    _Atomic int calls[PARTS];
    uint64_t result[PARTS];
    size_t victim;
    int how;           /* its worker ends, see die() */
    _Atomic int lives; /* how often that happens; the rest goes well */
    long part_us;
} board;

enum { BY_KILL, BY_CRASH, BY_EXIT, BY_ABORT, BY_HANGING };

static uint64_t right(size_t part) {
    return (part + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static void die(int how) {
    volatile int *nowhere = NULL;
    if (how == BY_KILL) kill(getpid(), SIGKILL);
    /* cppcheck-suppress nullPointer ; this worker has to crash */
    if (how == BY_CRASH) *nowhere = 1; /* NOLINT(*NullDereference): likewise */
    if (how == BY_EXIT) exit(7);
    if (how == BY_ABORT) abort();
    for (;;) pause();
}

static rtk_status work(void *arg, size_t part) {
    board *b = arg;
    struct timespec t = {0, b->part_us * 1000};
    atomic_fetch_add(&b->calls[part], 1);
    b->result[part] = 0;
    if (b->part_us) nanosleep(&t, NULL);
    if (part == b->victim && atomic_fetch_sub(&b->lives, 1) > 0) die(b->how);
    b->result[part] = right(part);
    return RTK_OK;
}

static board *make(rtk_processes *pool) {
    board *b = unit_arena(pool, sizeof *b);
    b->victim = PARTS;
    return b;
}

static void assert_results(const board *b, size_t but) {
    for (size_t i = 0; i < PARTS; i++)
        if (i != but) assert_true(b->result[i] == right(i));
}

static void no_family_is_left(void) {
    assert_true(unit_relatives_become(NULL, 0));
}

/* ---- A part that ends its worker ------------------------------------------
 */

static void ends_once(int how) {
    rtk_processes *pool = unit_processes(WORKERS, 1);
    board *b = make(pool);
    rtk_loop loop = {0};
    rtk_processes_counts counts;
    b->victim = PARTS / 2;
    b->how = how;
    b->lives = 1;
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, work, b, &loop));
    assert_results(b, PARTS);
    assert_int_equal(PARTS, loop.parts_run);
    for (size_t i = 0; i < PARTS; i++)
        assert_int_equal(i == b->victim ? 2 : 1, b->calls[i]);
    rtk_processes_count(pool, &counts);
    assert_int_equal(1, counts.deaths);
    assert_int_equal(1, counts.retried);
    assert_int_equal(b->victim, counts.last_part);
    rtk_processes_free(pool);
    no_family_is_left();
}

static void a_part_whose_worker_died_is_run_again(void **state) {
    (void)state;
    for (int how = BY_KILL; how < BY_HANGING; how++) ends_once(how);
}

static void ends_always(int how, unsigned retries, int signal, int status) {
    rtk_processes *pool = unit_processes(WORKERS, retries);
    board *b = make(pool);
    rtk_loop loop = {0};
    rtk_processes_counts counts;
    b->victim = 11;
    b->how = how;
    b->lives = 1000;
    assert_int_equal(RTK_EDIED, unit_loop(pool, PARTS, work, b, &loop));
    assert_int_equal(11, loop.failed_part);
    assert_int_equal(PARTS, loop.first_unrun);
    assert_int_equal(retries + 1, b->calls[11]);
    assert_results(b, 11);
    rtk_processes_count(pool, &counts);
    assert_int_equal(retries + 1, counts.deaths);
    assert_int_equal(retries, counts.retried);
    assert_int_equal(signal, counts.last_signal);
    assert_int_equal(status, counts.last_exit);
    /* And the next loop is as if nothing had been. */
    b->victim = PARTS;
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, work, b, &loop));
    assert_results(b, PARTS);
    rtk_processes_free(pool);
    no_family_is_left();
}

static void a_part_that_always_ends_its_worker_fails_alone(void **state) {
    (void)state;
    ends_always(BY_KILL, 0, SIGKILL, -1);
    ends_always(BY_KILL, 3, SIGKILL, -1);
    ends_always(BY_ABORT, 1, SIGABRT, -1);
    ends_always(BY_CRASH, 1, SIGSEGV, -1);
    /* exit() is no way to tell a result: the status is not that of the part. */
    ends_always(BY_EXIT, 1, 0, EXIT_FAILURE);
}

static void the_only_worker_is_replaced(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(1, 2);
    board *b = make(pool);
    b->victim = 0;
    b->lives = 2;
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, work, b, NULL));
    assert_results(b, PARTS);
    assert_int_equal(3, b->calls[0]);
    rtk_processes_free(pool);
    no_family_is_left();
}

/* ---- The time limit -------------------------------------------------------
 */

static void a_part_that_hangs_is_ended_and_reported(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    rtk_processes_counts counts;
    o.workers = 2;
    o.retries = 5;
    o.timeout_ns = 100000000;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    board *b = make(pool);
    rtk_loop loop = {0};
    b->victim = 7;
    b->how = BY_HANGING;
    b->lives = 1000;
    assert_int_equal(RTK_ETIMEOUT, unit_loop(pool, PARTS, work, b, &loop));
    assert_int_equal(7, loop.failed_part);
    assert_int_equal(1, b->calls[7]);
    assert_results(b, 7);
    rtk_processes_count(pool, &counts);
    assert_int_equal(1, counts.timed_out);
    assert_int_equal(7, counts.last_part);
    rtk_processes_free(pool);
    no_family_is_left();
}

static void many_short_parts_are_not_one_long_part(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    o.workers = 1;
    o.timeout_ns = 400000000;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    board *b = make(pool);
    /* 400 parts of 2 ms: twice the limit of one. */
    b->part_us = 2000;
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, work, b, NULL));
    assert_results(b, PARTS);
    rtk_processes_free(pool);
}

/* ---- Killed from outside --------------------------------------------------
 */

static void loop_with_many_retries(rtk_processes *pool, board *b) {
    rtk_loop loop = {0};
    memset(b->result, 0, sizeof b->result);
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, work, b, &loop));
    assert_int_equal(PARTS, loop.parts_run);
    assert_results(b, PARTS);
}

/* Until all workers are there. A loop may end before those who are killed do,
 * and only a loop starts processes when all are gone. */
static void muster(rtk_processes *pool, board *b) {
    struct timespec pause = {0, 2000000};
    do {
        loop_with_many_retries(pool, b);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        nanosleep(&pause, NULL);
    } while (unit_relatives("rtk-worker", NULL) != WORKERS);
}

static void a_pool_whose_processes_were_killed_goes_on(void **state) {
    (void)state;
    const char *const whom[] = {"rtk-worker", "rtk-server", "rtk-keeper"};
    rtk_processes *pool = unit_processes(WORKERS, 100);
    board *b = make(pool);
    int kills = 0;
    for (int i = 0; i < 9; i++) {
        muster(pool, b);
        kills += unit_kill(whom[i % 3]);
        loop_with_many_retries(pool, b);
        kills += unit_kill(whom[i % 3]);
        kills += unit_kill(whom[(i + 1) % 3]);
        loop_with_many_retries(pool, b);
    }
    /* Now and then there was nobody of that name when all had just died. */
    assert_in_range(kills, 9, 27);
    rtk_processes_free(pool);
    no_family_is_left();
}

static void kill_all(void) {
    unit_relative family[FAMILY_MOST];
    size_t n = unit_family(family);
    for (size_t i = 0; i < n; i++) kill(family[i].pid, SIGKILL);
}

static void a_pool_without_any_process_starts_others(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 100);
    board *b = make(pool);
    for (int i = 0; i < 5; i++) {
        kill_all();
        loop_with_many_retries(pool, b);
    }
    rtk_processes_free(pool);
    no_family_is_left();
}

/* What a thread does while loops run. */
typedef struct storm {
    pthread_t thread;
    _Atomic bool over;
    bool all; /* any of the family, not workers alone */
    unsigned seed, kills;
} storm;

/* A new process takes AddressSanitizer 0.1 s and more: without an end, loops on
 * a slow machine would see a kill for every step, for minutes. */
static unsigned most_kills(void) {
    return strcmp(RTK_LANE, "asan") == 0 ? 30 : 300;
}

static void *rage(void *arg) {
    storm *s = arg;
    unit_relative family[FAMILY_MOST];
    while (!atomic_load(&s->over) && s->kills < most_kills()) {
        struct timespec pause = {0, (long)(rand_r(&s->seed) % 3000000)};
        size_t n = unit_family(family);
        unit_relative *r = n ? &family[(size_t)rand_r(&s->seed) % n] : NULL;
        if (r && (s->all || !strcmp(r->name, "rtk-worker")))
            s->kills += (unsigned)!kill(r->pid, SIGKILL);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void weather(bool all, int loops) {
    storm s = {.all = all, .seed = 20240601};
    rtk_processes *pool = unit_processes(WORKERS, 4000);
    board *b = make(pool);
    assert_int_equal(0, pthread_create(&s.thread, NULL, rage, &s));
    b->part_us = 100;
    for (int i = 0; i < loops; i++) loop_with_many_retries(pool, b);
    atomic_store(&s.over, true);
    pthread_join(s.thread, NULL);
    print_message("%u killed during %d loops\n", s.kills, loops);
    assert_true(s.kills > 0);
    rtk_processes_free(pool);
    no_family_is_left();
}

static void every_result_is_right_while_workers_are_killed(void **state) {
    (void)state;
    weather(false, 60);
}

static void every_result_is_right_while_anybody_is_killed(void **state) {
    (void)state;
    weather(true, 60);
}

/* More deaths in one loop than there are seats. */
static rtk_status die_once(void *arg, size_t part) {
    _Atomic int *calls = arg;
    if (atomic_fetch_add(&calls[part], 1) == 0) _exit(1);
    return RTK_OK;
}

static void a_loop_survives_more_deaths_than_there_are_seats(void **state) {
    (void)state;
    enum { DEATHS = 2500 };
    rtk_processes *pool = unit_processes(WORKERS, 1);
    _Atomic int *calls = unit_arena(pool, DEATHS * sizeof *calls);
    rtk_loop loop = {0};
    assert_int_equal(RTK_OK, unit_loop(pool, DEATHS, die_once, calls, &loop));
    for (size_t i = 0; i < DEATHS; i++) assert_int_equal(2, calls[i]);
    rtk_processes_free(pool);
    no_family_is_left();
}

/* ---- Children of parts ----------------------------------------------------
 */

static rtk_status fork_and_return(void *arg, size_t part) {
    board *b = arg;
    pid_t child = fork();
    if (child == 0) return RTK_EIO; /* a twin; what it returns is not heard */
    waitpid(child, NULL, 0);
    atomic_fetch_add(&b->calls[part], 1);
    return RTK_OK;
}

static void a_child_that_returns_from_a_part_is_not_heard(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 0);
    board *b = make(pool);
    rtk_loop loop = {0};
    assert_int_equal(RTK_OK, unit_loop(pool, 20, fork_and_return, b, &loop));
    assert_int_equal(20, loop.parts_run);
    for (size_t i = 0; i < 20; i++) assert_int_equal(1, b->calls[i]);
    rtk_processes_free(pool);
    no_family_is_left();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_whose_worker_died_is_run_again),
        cmocka_unit_test(a_part_that_always_ends_its_worker_fails_alone),
        cmocka_unit_test(the_only_worker_is_replaced),
        cmocka_unit_test(a_part_that_hangs_is_ended_and_reported),
        cmocka_unit_test(many_short_parts_are_not_one_long_part),
        cmocka_unit_test(a_pool_whose_processes_were_killed_goes_on),
        cmocka_unit_test(a_pool_without_any_process_starts_others),
        cmocka_unit_test(every_result_is_right_while_workers_are_killed),
        cmocka_unit_test(every_result_is_right_while_anybody_is_killed),
        cmocka_unit_test(a_loop_survives_more_deaths_than_there_are_seats),
        cmocka_unit_test(a_child_that_returns_from_a_part_is_not_heard),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, unit_adopt, NULL);
}
