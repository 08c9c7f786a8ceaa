/* How pools of processes begin and end, and that nothing of them is left. */

#include "kernels/workers/test/process_unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PARTS = 64, WORKERS = 3 };

/* Lies in the arena. */
typedef struct board {
    _Atomic int calls[PARTS];
    _Atomic int sum;
    int fd;
    int saw;
} board;

static rtk_status note(void *arg, size_t part) {
    board *b = arg;
    atomic_fetch_add(&b->calls[part], 1);
    return RTK_OK;
}

static void assert_works(rtk_processes *pool) {
    board *b = unit_arena(pool, sizeof *b);
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, note, b, NULL));
    for (size_t i = 0; i < PARTS; i++) assert_int_equal(1, b->calls[i]);
    rtk_processes_release(pool, b);
}

/* ---- What is accepted -----------------------------------------------------
 */

static void wrong_options_are_refused(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    assert_int_equal(RTK_EINVAL, rtk_processes_new(&pool, 0));
    assert_int_equal(RTK_EINVAL, rtk_processes_new(&pool, RTK_WORKERS_MAX + 1));
    o.retries = 4001;
    assert_int_equal(RTK_EINVAL, rtk_processes_new_with(&pool, &o));
    o.retries = 0;
    o.size = 4;
    assert_int_equal(RTK_EINVAL, rtk_processes_new_with(&pool, &o));
    o.size = sizeof o;
    o.arena_bytes = SIZE_MAX / 4;
    assert_int_equal(RTK_ENOMEM, rtk_processes_new_with(&pool, &o));
    assert_null(pool);
    assert_int_equal(0, unit_relatives(NULL, NULL));
    rtk_processes_free(NULL);
}

/* ---- Nothing is left ------------------------------------------------------
 */

/* Zombies count, and orphans come to this process: nobody buries for us. */
static void nothing_is_left_after_free(void **state) {
    (void)state;
    unit_relative family[FAMILY_MOST];
    unsigned before = unit_descriptors();
    size_t relatives = unit_family(family);
    assert_int_equal(0, relatives);
    for (int i = 0; i < 20; i++) {
        rtk_processes *pool = unit_processes(1 + (unsigned)i % 4, 1);
        if (i % 2) assert_works(pool);
        rtk_processes_free(pool);
        assert_int_equal(relatives, unit_family(family));
        assert_int_equal(before, unit_descriptors());
    }
}

/* Pages of this machine that are shared memory, in KiB. */
static long shared_kib(void) {
    char line[128];
    long kib = -1;
    FILE *f = fopen("/proc/meminfo", "r");
    assert_non_null(f);
    while (f && kib < 0 && fgets(line, sizeof line, f))
        (void)!sscanf(line, "Shmem: %ld kB", &kib);
    if (f) fclose(f);
    return kib;
}

static void the_memory_goes_although_another_pool_has_it_mapped(void **state) {
    (void)state;
    enum { MIB = 1 << 20, KIB = 1 << 10, TOUCHED = 256 * MIB };
    rtk_processes *first = unit_processes(1, 1);
    void *memory = NULL;
    assert_int_equal(RTK_OK, rtk_processes_alloc(first, TOUCHED, 0, &memory));
    memset(memory, 1, TOUCHED);
    rtk_processes *second = unit_processes(1, 1);
    assert_works(second);
    long full = shared_kib();
    rtk_processes_free(first);
    /* Others use shared memory too: three quarters are proof enough. */
    assert_true(full - shared_kib() > (long)TOUCHED / KIB / 4 * 3);
    rtk_processes_free(second);
}

static void a_large_block_goes_back_to_the_system(void **state) {
    (void)state;
    enum { MIB = 1 << 20, KIB = 1 << 10, TOUCHED = 256 * MIB };
    rtk_processes *pool = unit_processes(1, 1);
    void *memory = NULL;
    assert_int_equal(RTK_OK, rtk_processes_alloc(pool, TOUCHED, 0, &memory));
    memset(memory, 1, TOUCHED);
    long full = shared_kib();
    rtk_processes_release(pool, memory);
    assert_true(full - shared_kib() > (long)TOUCHED / KIB / 4 * 3);
    rtk_processes_free(pool);
}

/* ---- The caller ends ------------------------------------------------------
 */

enum { BY_EXIT, BY_KILL, IN_LOOP };

static rtk_status hang(void *arg, size_t part) {
    board *b = arg;
    atomic_fetch_add(&b->calls[part], 1);
    while (pause()) {
    }
    return RTK_OK;
}

static void *loop_for_ever(void *arg) {
    rtk_processes *pool = arg;
    board *b = unit_arena(pool, sizeof *b);
    (void)!unit_loop(pool, PARTS, hang, b, NULL);
    return NULL;
}

static int end_without_free(void *arg) {
    int how = *(int *)arg;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    pthread_t thread;
    assert_works(pool);
    assert_true(unit_relatives_become("rtk-worker", WORKERS));
    if (how == IN_LOOP) {
        if (pthread_create(&thread, NULL, loop_for_ever, pool)) return 1;
        /* The loop has begun, or is about to. */
    }
    if (how != BY_EXIT) kill(getpid(), SIGKILL);
    exit(0);
}

/* Helpers of a dead caller are orphans and come to us: here they are seen. */
static void a_caller_that_ends_without_free_leaves_no_process(void **state) {
    (void)state;
    for (int how = BY_EXIT; how <= IN_LOOP; how++) {
        int status = unit_fork(end_without_free, &how);
        assert_int_equal(how == BY_EXIT ? 0 : -1, status);
        assert_true(unit_relatives_become(NULL, 0));
    }
}

static void *make_pool(void *arg) {
    *(rtk_processes **)arg = unit_processes(WORKERS, 1);
    return NULL;
}

static void a_pool_outlives_the_thread_that_made_it(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_counts counts;
    pthread_t thread;
    assert_int_equal(0, pthread_create(&thread, NULL, make_pool, &pool));
    pthread_join(thread, NULL);
    for (int i = 0; i < 20; i++) assert_works(pool);
    rtk_processes_count(pool, &counts);
    assert_int_equal(0, counts.deaths);
    rtk_processes_free(pool);
}

/* ---- Shutdown and size ----------------------------------------------------
 */

static void a_pool_can_be_shut_down_twice_and_used_again(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    board *b = unit_arena(pool, sizeof *b);
    b->saw = 42;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(RTK_OK, rtk_processes_shutdown(pool));
        assert_int_equal(RTK_OK, rtk_processes_shutdown(pool));
        assert_int_equal(0, unit_relatives(NULL, NULL));
        assert_int_equal(42, b->saw);
        assert_works(pool);
    }
    assert_int_equal(RTK_OK, rtk_processes_shutdown(pool));
    rtk_processes_free(pool);
}

static void *work_until_told(void *arg) {
    rtk_processes *pool = ((void **)arg)[0];
    _Atomic bool *over = ((void **)arg)[1];
    board *b = unit_arena(pool, sizeof *b);
    intptr_t wrong = 0, loops = 0;
    for (; !atomic_load(over); loops++)
        wrong += unit_loop(pool, PARTS, note, b, NULL) != RTK_OK;
    for (size_t i = 0; i < PARTS; i++) wrong += b->calls[i] != loops;
    return (void *)wrong; /* NOLINT(performance-no-int-to-ptr): a count */
}

static void a_pool_is_resized_while_it_is_used(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(1, 1);
    rtk_processes_counts counts;
    _Atomic bool over = false;
    void *wrong = NULL, *args[] = {pool, &over};
    pthread_t thread;
    assert_int_equal(RTK_EINVAL, rtk_processes_resize(pool, 0));
    assert_int_equal(RTK_EINVAL,
                     rtk_processes_resize(pool, RTK_WORKERS_MAX + 1));
    assert_int_equal(0, pthread_create(&thread, NULL, work_until_told, args));
    for (unsigned i = 0; i < 30; i++) {
        unsigned size = 1 + (i * 7) % 5;
        assert_int_equal(RTK_OK, rtk_processes_resize(pool, size));
        if (i % 5 == 0) assert_true(unit_relatives_become("rtk-worker", size));
    }
    atomic_store(&over, true);
    pthread_join(thread, &wrong);
    assert_null(wrong);
    rtk_processes_count(pool, &counts);
    assert_int_equal(0, counts.deaths);
    rtk_processes_free(pool);
}

/* ---- Many callers ---------------------------------------------------------
 */

enum { CALLERS = 6, LOOPS = 100 };

static void *call_often(void *arg) {
    rtk_processes *pool = arg;
    void *memory = NULL;
    intptr_t wrong = 0;
    for (int i = 0; i < LOOPS; i++) {
        wrong += rtk_processes_alloc(pool, sizeof(board), 0, &memory) != RTK_OK;
        board *b = memset(memory, 0, sizeof *b);
        wrong += unit_loop(pool, PARTS, note, b, NULL) != RTK_OK;
        for (size_t k = 0; k < PARTS; k++) wrong += b->calls[k] != 1;
        rtk_processes_release(pool, b);
        if (i % 30 == 29) wrong += rtk_processes_shutdown(pool) != RTK_OK;
    }
    return (void *)wrong; /* NOLINT(performance-no-int-to-ptr): a count */
}

static void many_threads_use_one_pool(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(0,
                         pthread_create(&threads[i], NULL, call_often, pool));
    for (int i = 0; i < CALLERS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    rtk_processes_free(pool);
}

static void one_caller_waits_until_it_is_told_to_stop(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    o.retries = 0;
    o.timeout_ns = 20000000;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    rtk_cancel cancel = {1};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_processes_executor(pool),
                     .workers = 1,
                     .parts = PARTS,
                     .run = note,
                     .cancel = &cancel};
    pthread_t thread;
    rtk_loop loop = {0};
    board *b = unit_arena(pool, sizeof *b);
    work.arg = b;
    assert_int_equal(0, pthread_create(&thread, NULL, loop_for_ever, pool));
    /* Whether it is before the other loop or behind it. */
    assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
    assert_int_equal(0, loop.parts_run);
    pthread_join(thread, NULL);
    rtk_processes_free(pool);
}

/* ---- A forked child -------------------------------------------------------
 */

static int use_in_child(void *arg) {
    rtk_processes *pool = ((void **)arg)[0], *own = NULL;
    void *memory = NULL;
    board *b = ((void **)arg)[1];
    int wrong = 0;
    wrong += unit_loop(pool, PARTS, note, b, NULL) != RTK_EUNSUPPORTED;
    wrong += rtk_processes_alloc(pool, 64, 0, &memory) != RTK_EUNSUPPORTED;
    wrong += rtk_processes_resize(pool, 2) != RTK_EUNSUPPORTED;
    wrong += rtk_processes_shutdown(pool) != RTK_EUNSUPPORTED;
    wrong += b->saw != 42;
    rtk_processes_release(pool, b);
    rtk_processes_free(pool);
    if (rtk_processes_new(&own, 2)) return 99;
    assert_works(own);
    rtk_processes_free(own);
    return wrong;
}

static void a_forked_child_has_no_part_in_it(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    board *b = unit_arena(pool, sizeof *b);
    void *args[] = {pool, b};
    b->saw = 42;
    assert_int_equal(0, unit_fork(use_in_child, args));
    assert_int_equal(42, b->saw);
    assert_works(pool);
    rtk_processes_free(pool);
    assert_int_equal(0, unit_relatives("rtk-worker", NULL));
}

/* A child that outlives its parent does not keep the parent's pool alive. */
static int fork_and_die(void *arg) {
    int *pipe_end = arg;
    rtk_processes *pool = unit_processes(WORKERS, 1);
    char byte;
    assert_works(pool);
    if (fork() == 0) {
        (void)!read(*pipe_end, &byte, 1);
        _exit(0);
    }
    kill(getpid(), SIGKILL);
    return 0;
}

static void a_surviving_child_does_not_keep_the_pool(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(0, pipe2(ends, 0));
    assert_int_equal(-1, unit_fork(fork_and_die, &ends[0]));
    /* The child alone is left. */
    assert_true(unit_relatives_become(NULL, 1));
    assert_int_equal(1, write(ends[1], "", 1));
    assert_true(unit_relatives_become(NULL, 0));
    close(ends[0]);
    close(ends[1]);
}

/* ---- Descriptors ----------------------------------------------------------
 */

static rtk_status look_at_descriptor(void *arg, size_t part) {
    board *b = arg;
    (void)part;
    b->saw = fcntl(b->fd, F_GETFD) >= 0;
    return RTK_OK;
}

static void workers_keep_descriptors_only_if_told_to(void **state) {
    (void)state;
    for (int keep = 0; keep <= 1; keep++) {
        rtk_processes *pool = NULL;
        rtk_processes_options o = RTK_PROCESSES_OPTIONS;
        int fd = open("/dev/null", O_RDONLY);
        o.keep_descriptors = keep;
        assert_true(fd > 2);
        assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
        board *b = unit_arena(pool, sizeof *b);
        b->fd = fd;
        assert_int_equal(RTK_OK,
                         unit_loop(pool, 1, look_at_descriptor, b, NULL));
        assert_int_equal(keep, b->saw);
        close(fd);
        rtk_processes_free(pool);
    }
}

/* ---- No processes to be had -----------------------------------------------
 */

enum { NOBODY = 54321 };

static int starve(void *arg) {
    rtk_processes *pool = NULL;
    rtk_loop loop = {0};
    (void)arg;
    if (rtk_processes_new(&pool, 1)) return 1;
    if (rtk_processes_shutdown(pool)) return 2;
    /* Root is not limited. */
    if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
        return 77;
    struct rlimit few = {1, 1};
    setrlimit(RLIMIT_NPROC, &few);
    board *b = unit_arena(pool, sizeof *b);
    if (unit_loop(pool, PARTS, note, b, &loop) != RTK_ETHREAD) return 3;
    if (loop.parts_run != 0 || loop.first_unrun != 0) return 4;
    rtk_processes_free(pool);
    return 0;
}

static void a_loop_without_any_worker_is_reported(void **state) {
    (void)state;
    int code = unit_fork(starve, NULL);
    if (code == 77) {
        print_message("skipped: only root can become a user with a limit\n");
        skip();
    }
    assert_int_equal(0, code);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(nothing_is_left_after_free),
        cmocka_unit_test(the_memory_goes_although_another_pool_has_it_mapped),
        cmocka_unit_test(a_large_block_goes_back_to_the_system),
        cmocka_unit_test(a_caller_that_ends_without_free_leaves_no_process),
        cmocka_unit_test(a_pool_outlives_the_thread_that_made_it),
        cmocka_unit_test(a_pool_can_be_shut_down_twice_and_used_again),
        cmocka_unit_test(a_pool_is_resized_while_it_is_used),
        cmocka_unit_test(many_threads_use_one_pool),
        cmocka_unit_test(one_caller_waits_until_it_is_told_to_stop),
        cmocka_unit_test(a_forked_child_has_no_part_in_it),
        cmocka_unit_test(a_surviving_child_does_not_keep_the_pool),
        cmocka_unit_test(workers_keep_descriptors_only_if_told_to),
        cmocka_unit_test(a_loop_without_any_worker_is_reported),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, unit_adopt, NULL);
}
