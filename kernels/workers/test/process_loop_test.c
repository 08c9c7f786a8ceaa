/* Loops on processes: every part once, the first failure, what is refused. */

#include "kernels/workers/test/process_unit.h"

#include <dlfcn.h>
#include <fenv.h>
#include <pthread.h>
#include <sys/resource.h>

#include "kernels/workers/executors.h"

enum { PARTS = 500, WORKERS = 4 };

/* Lies in the arena. */
typedef struct board {
    _Atomic int calls[PARTS];
    pid_t pids[PARTS];
    size_t fails[2]; /* with RTK_EFAILED and RTK_EIO */
    size_t cancels;  /* the part that asks to stop */
    rtk_cancel cancel;
    int saw;
    double *numbers;
    size_t n;
} board;

static rtk_status note(void *arg, size_t part) {
    board *b = arg;
    atomic_fetch_add(&b->calls[part], 1);
    b->pids[part] = getpid();
    if (part == b->cancels) rtk_cancel_request(&b->cancel);
    if (part == b->fails[0]) return RTK_EFAILED;
    return part == b->fails[1] ? RTK_EIO : RTK_OK;
}

static board *make(rtk_processes *pool) {
    board *b = unit_arena(pool, sizeof *b);
    b->fails[0] = b->fails[1] = b->cancels = PARTS;
    return b;
}

static void assert_each_once(const board *b, pid_t caller) {
    for (size_t i = 0; i < PARTS; i++) {
        assert_int_equal(1, b->calls[i]);
        assert_int_not_equal(caller, b->pids[i]);
    }
}

static void every_part_runs_once_in_a_worker(void **state) {
    (void)state;
    for (unsigned w = 1; w <= WORKERS; w++) {
        rtk_processes *pool = unit_processes(w, 1);
        rtk_loop loop = {0};
        for (int round = 0; round < 20; round++) {
            board *b = make(pool);
            assert_int_equal(RTK_OK, unit_loop(pool, PARTS, note, b, &loop));
            assert_each_once(b, getpid());
            assert_int_equal(PARTS, loop.parts_run);
            assert_int_equal(PARTS, loop.failed_part);
            assert_int_equal(PARTS, loop.first_unrun);
            assert_int_equal(w, loop.effective);
            rtk_processes_release(pool, b);
        }
        rtk_processes_free(pool);
    }
}

static void every_schedule_runs_every_part(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(3, 1);
    for (int schedule = RTK_GUIDED; schedule <= RTK_DYNAMIC; schedule++) {
        board *b = make(pool);
        rtk_work work = {.size = sizeof work,
                         .executor = rtk_processes_executor(pool),
                         .workers = 3,
                         .parts = PARTS,
                         .run = note,
                         .arg = b,
                         .schedule = (rtk_schedule)schedule};
        assert_int_equal(RTK_OK, rtk_work_run(&work, NULL));
        assert_each_once(b, getpid());
        rtk_processes_release(pool, b);
    }
    rtk_processes_free(pool);
}

static void
the_first_failure_is_the_same_for_any_number_of_workers(void **state) {
    (void)state;
    for (unsigned w = 1; w <= WORKERS; w++) {
        rtk_processes *pool = unit_processes(w, 1);
        for (size_t late = 0; late < 2; late++) {
            board *b = make(pool);
            rtk_loop loop = {0};
            b->fails[late] = 37;
            b->fails[!late] = 411;
            assert_int_equal(late ? RTK_EIO : RTK_EFAILED,
                             unit_loop(pool, PARTS, note, b, &loop));
            assert_int_equal(37, loop.failed_part);
            assert_int_equal(PARTS, loop.parts_run);
            assert_each_once(b, getpid());
            rtk_processes_release(pool, b);
        }
        rtk_processes_free(pool);
    }
}

static void a_loop_takes_no_more_workers_than_it_asks_for(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(4, 1);
    rtk_loop loop = {0};
    for (int64_t w = 1; w <= 4; w++) {
        board *b = make(pool);
        assert_int_equal(RTK_OK, rtk_parallel_for(rtk_processes_executor(pool),
                                                  w, PARTS, note, b, &loop));
        assert_int_equal(w, loop.effective);
        pid_t seen[PARTS] = {0};
        int64_t n = 0;
        for (size_t i = 0; i < PARTS; i++) {
            bool known = false;
            for (int64_t k = 0; k < n; k++)
                known = known || seen[k] == b->pids[i];
            if (!known) seen[n++] = b->pids[i];
        }
        assert_in_range(n, 1, w);
        rtk_processes_release(pool, b);
    }
    rtk_processes_free(pool);
}

static void a_loop_of_no_parts_is_done(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    rtk_loop loop = {0};
    assert_int_equal(RTK_OK, unit_loop(pool, 0, note, NULL, &loop));
    assert_int_equal(0, loop.parts_run);
    rtk_processes_free(pool);
}

/* ---- Cancelling -----------------------------------------------------------
 */

static void assert_stopped(rtk_status s, const board *b, const rtk_loop *loop) {
    size_t run = 0, first = PARTS;
    for (size_t i = 0; i < PARTS; i++) {
        assert_in_range(b->calls[i], 0, 1);
        run += (size_t)b->calls[i];
        if (!b->calls[i] && first == PARTS) first = i;
    }
    assert_int_equal(run == PARTS ? RTK_OK : RTK_ECANCELLED, s);
    assert_int_equal(run, loop->parts_run);
    assert_int_equal(first, loop->first_unrun);
}

static void cancel_at(size_t part, unsigned workers) {
    rtk_processes *pool = unit_processes(workers, 1);
    board *b = make(pool);
    rtk_loop loop = {0};
    b->cancels = part;
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_processes_executor(pool),
                     .workers = workers,
                     .parts = PARTS,
                     .run = note,
                     .arg = b,
                     .cancel = &b->cancel};
    rtk_status s = rtk_work_run(&work, &loop);
    assert_stopped(s, b, &loop);
    /* A token in the arena is seen at once, by one worker at least. */
    if (workers == 1) assert_int_equal(part + 1, loop.parts_run);
    rtk_processes_free(pool);
}

static void a_part_can_stop_the_loop(void **state) {
    (void)state;
    for (unsigned w = 1; w <= WORKERS; w++) {
        cancel_at(0, w);
        cancel_at(PARTS / 2, w);
        cancel_at(PARTS - 1, w);
    }
}

static void a_loop_that_is_cancelled_before_runs_nothing(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    board *b = make(pool);
    rtk_cancel cancel = {0};
    rtk_loop loop = {0};
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_processes_executor(pool),
                     .workers = 2,
                     .parts = PARTS,
                     .run = note,
                     .arg = b,
                     .cancel = &cancel};
    rtk_cancel_request(&cancel);
    assert_int_equal(RTK_ECANCELLED, rtk_work_run(&work, &loop));
    assert_int_equal(0, loop.parts_run);
    assert_int_equal(0, loop.first_unrun);
    rtk_processes_free(pool);
}

/* The caller's own memory: only the caller can see it. */
static rtk_cancel private_token;

static rtk_status wait_for_caller(void *arg, size_t part) {
    board *b = arg;
    struct timespec pause = {0, 1000000};
    atomic_fetch_add(&b->calls[part], 1);
    kill(getppid(), 0);
    nanosleep(&pause, NULL);
    return RTK_OK;
}

static void *cancel_soon(void *arg) {
    board *b = arg;
    struct timespec pause = {0, 1000000};
    while (!atomic_load(&b->calls[0])) nanosleep(&pause, NULL);
    rtk_cancel_request(&private_token);
    return NULL;
}

static void a_token_in_the_callers_memory_reaches_the_workers(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    board *b = make(pool);
    rtk_loop loop = {0};
    pthread_t thread;
    rtk_work work = {.size = sizeof work,
                     .executor = rtk_processes_executor(pool),
                     .workers = 2,
                     .parts = PARTS,
                     .run = wait_for_caller,
                     .arg = b,
                     .cancel = &private_token};
    assert_int_equal(0, pthread_create(&thread, NULL, cancel_soon, b));
    rtk_status s = rtk_work_run(&work, &loop);
    pthread_join(thread, NULL);
    assert_int_equal(RTK_ECANCELLED, s);
    assert_stopped(s, b, &loop);
    rtk_processes_free(pool);
}

/* ---- What is refused ------------------------------------------------------
 */

static void an_argument_outside_the_arena_is_refused(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    static board outside;
    board on_stack;
    assert_int_equal(RTK_EUNSUPPORTED,
                     unit_loop(pool, PARTS, note, &outside, NULL));
    assert_int_equal(RTK_EUNSUPPORTED,
                     unit_loop(pool, PARTS, note, &on_stack, NULL));
    rtk_processes_free(pool);
}

static rtk_status nothing(void *arg, size_t part) {
    (void)arg;
    (void)part;
    return RTK_OK;
}

static void no_argument_is_allowed(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    assert_int_equal(RTK_OK, unit_loop(pool, PARTS, nothing, NULL, NULL));
    rtk_processes_free(pool);
}

static void a_library_that_was_loaded_later_is_refused(void **state) {
    (void)state;
    rtk_processes *before = unit_processes(2, 1);
    void *library = dlopen(RTK_LATE_PART, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    rtk_part part = NULL;
    *(void **)&part = dlsym(library, "late_part");
    assert_non_null(part);
    rtk_processes *after = unit_processes(2, 1);
    board *b = make(after);
    assert_int_equal(RTK_EUNSUPPORTED,
                     unit_loop(before, PARTS, part, make(before), NULL));
    assert_int_equal(RTK_OK, unit_loop(after, PARTS, part, b, NULL));
    for (size_t i = 0; i < PARTS; i++) assert_int_equal(1, b->calls[i]);
    /* Still there for those who had it, and again for those who did not. */
    dlclose(library);
    assert_int_equal(RTK_OK,
                     unit_loop(before, PARTS, note, make(before), NULL));
    rtk_processes_free(before);
    rtk_processes_free(after);
}

static void an_exhausted_arena_is_said(void **state) {
    (void)state;
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    void *memory = NULL, *more = NULL;
    o.arena_bytes = 1 << 20;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    assert_int_equal(RTK_ENOMEM,
                     rtk_processes_alloc(pool, 1 << 21, 0, &memory));
    assert_int_equal(RTK_OK,
                     rtk_processes_alloc(pool, (1 << 20) - 64, 0, &memory));
    assert_int_equal(RTK_ENOMEM, rtk_processes_alloc(pool, 65, 0, &more));
    /* 64 bytes are left: states of 8 parts. */
    assert_int_equal(RTK_ENOMEM, unit_loop(pool, 9, nothing, NULL, NULL));
    assert_int_equal(RTK_OK, unit_loop(pool, 8, nothing, NULL, NULL));
    rtk_processes_release(pool, memory);
    assert_int_equal(RTK_OK, unit_loop(pool, 9, nothing, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_processes_alloc(pool, 8, 48, &more));
    rtk_processes_free(pool);
}

/* ---- What a part sees -----------------------------------------------------
 */

static rtk_status nested(void *arg, size_t part) {
    board *b = arg;
    rtk_loop loop = {0};
    board *own = calloc(1, sizeof *own);
    own->fails[0] = own->fails[1] = own->cancels = PARTS;
    rtk_status s = rtk_parallel_for(NULL, 4, PARTS, note, own, &loop);
    bool alone = loop.effective == 1 && loop.parts_run == PARTS;
    for (size_t i = 0; i < PARTS; i++) alone &= own->pids[i] == getpid();
    free(own);
    if (alone && !s) atomic_fetch_add(&b->calls[part], 1);
    return s;
}

static void a_loop_inside_a_part_runs_there(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(2, 1);
    board *b = make(pool);
    assert_int_equal(RTK_OK, unit_loop(pool, 4, nested, b, NULL));
    for (size_t i = 0; i < 4; i++) assert_int_equal(1, b->calls[i]);
    rtk_processes_free(pool);
}

/* In the workers it is what it was when the pool was made. */
static rtk_processes *itself;

static rtk_status use_itself(void *arg, size_t part) {
    board *b = arg;
    void *memory = NULL;
    rtk_processes *other = NULL;
    b->saw += rtk_processes_alloc(itself, 64, 0, &memory) == RTK_EUNSUPPORTED;
    b->saw += rtk_processes_shutdown(itself) == RTK_EUNSUPPORTED;
    b->saw += rtk_processes_new(&other, 1) == RTK_EUNSUPPORTED;
    rtk_processes_free(NULL);
    return part ? RTK_EINVAL : RTK_OK;
}

static void the_pool_is_out_of_reach_inside_a_part(void **state) {
    (void)state;
    itself = unit_processes(1, 1);
    /* Workers that know it are forked after it was made. */
    assert_int_equal(RTK_OK, rtk_processes_shutdown(itself));
    board *b = make(itself);
    assert_int_equal(RTK_OK, unit_loop(itself, 1, use_itself, b, NULL));
    assert_int_equal(3, b->saw);
    rtk_processes_free(itself);
}

static rtk_status round_up(void *arg, size_t part) {
    board *b = arg;
    (void)part;
    b->saw = fegetround();
    return RTK_OK;
}

static void parts_compute_in_the_callers_rounding(void **state) {
    (void)state;
    rtk_processes *pool = unit_processes(1, 1);
    board *b = make(pool);
    const int modes[] = {FE_UPWARD, FE_TONEAREST, FE_TOWARDZERO};
    for (unsigned i = 0; i < 3; i++) {
        fesetround(modes[i]);
        rtk_status s = unit_loop(pool, 1, round_up, b, NULL);
        fesetround(FE_TONEAREST);
        assert_int_equal(RTK_OK, s);
        assert_int_equal(modes[i], b->saw);
    }
    rtk_processes_free(pool);
}

/* ---- Nothing is copied ----------------------------------------------------
 */

static rtk_status double_ends(void *arg, size_t part) {
    board *b = arg;
    (void)part;
    b->numbers[0] *= 2;
    b->numbers[b->n - 1] *= 2;
    return RTK_OK;
}

static long faults(void) {
    struct rusage mine;
    getrusage(RUSAGE_SELF, &mine);
    return mine.ru_minflt + mine.ru_majflt;
}

static void a_large_array_is_seen_and_not_copied(void **state) {
    (void)state;
    enum { NUMBERS = 8 << 20, LOOPS = 50, FAULTS_MOST = 64 };
    rtk_processes *pool = unit_processes(1, 1);
    board *b = make(pool);
    b->n = NUMBERS;
    b->numbers = unit_arena(pool, NUMBERS * sizeof *b->numbers);
    b->numbers[0] = b->numbers[NUMBERS - 1] = 1;
    assert_int_equal(RTK_OK, unit_loop(pool, 1, double_ends, b, NULL));
    long before = faults();
    for (int i = 1; i < LOOPS; i++)
        assert_int_equal(RTK_OK, unit_loop(pool, 1, double_ends, b, NULL));
    /* A copy of 64 MiB would be 16384 pages, each time. */
    assert_in_range(faults() - before, 0, FAULTS_MOST);
    assert_true(b->numbers[0] == (double)(1LL << LOOPS));
    assert_true(b->numbers[NUMBERS - 1] == (double)(1LL << LOOPS));
    rtk_processes_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_runs_once_in_a_worker),
        cmocka_unit_test(every_schedule_runs_every_part),
        cmocka_unit_test(
            the_first_failure_is_the_same_for_any_number_of_workers),
        cmocka_unit_test(a_loop_takes_no_more_workers_than_it_asks_for),
        cmocka_unit_test(a_loop_of_no_parts_is_done),
        cmocka_unit_test(a_part_can_stop_the_loop),
        cmocka_unit_test(a_loop_that_is_cancelled_before_runs_nothing),
        cmocka_unit_test(a_token_in_the_callers_memory_reaches_the_workers),
        cmocka_unit_test(an_argument_outside_the_arena_is_refused),
        cmocka_unit_test(no_argument_is_allowed),
        cmocka_unit_test(a_library_that_was_loaded_later_is_refused),
        cmocka_unit_test(an_exhausted_arena_is_said),
        cmocka_unit_test(a_loop_inside_a_part_runs_there),
        cmocka_unit_test(the_pool_is_out_of_reach_inside_a_part),
        cmocka_unit_test(parts_compute_in_the_callers_rounding),
        cmocka_unit_test(a_large_array_is_seen_and_not_copied),
    };
    return RTK_RUN(tests);
}
