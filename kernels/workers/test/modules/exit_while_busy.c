/* Ends while loops run: argv[1] says how, argv[2] on which pool. Exits with 7
 * when all is well; a hang is ended by the alarm. */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/workers/workers.h"

enum { SECONDS = 60, EXPECTED = 7, BAD_USE = 64, WORKERS = 3, PARTS = 1000 };

/* Static, so that nothing is lost when main() returns. */
static rtk_pool *pool;
static const rtk_executor *executor;
static _Atomic unsigned inside;
static pthread_t caller;

/* Relaxed: a count alone. */
static void wait_for(unsigned threads) {
    while (atomic_load_explicit(&inside, memory_order_relaxed) < threads)
        sched_yield();
}

static void enter(void) {
    atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed);
}

/* Parts that never end, but with the process. */
static rtk_status stay(void *arg, size_t part) {
    (void)arg;
    (void)part;
    enter();
    for (;;) sched_yield();
    return RTK_OK;
}

/* Parts that end at once, in loops that follow each other. */
static rtk_status pass(void *arg, size_t part) {
    (void)arg;
    (void)part;
    return RTK_OK;
}

static void *stay_in_loop(void *arg) {
    (void)!rtk_parallel_for(executor, WORKERS, WORKERS, stay, NULL, NULL);
    return arg;
}

static void *loop_for_ever(void *arg) {
    enter();
    for (;;)
        (void)!rtk_parallel_for(executor, WORKERS, PARTS, pass, NULL, NULL);
    return arg;
}

static void detach(void *(*run)(void *)) {
    pthread_t id;
    if (pthread_create(&id, NULL, run, NULL) || pthread_detach(id)) _exit(1);
}

/* All are inside a part, and one of them ends the process. */
static rtk_status leave(void *arg, size_t part) {
    const char *how = arg;
    (void)part;
    enter();
    wait_for(WORKERS);
    bool mine = pthread_equal(pthread_self(), caller);
    if (!strcmp(how, "exit-in-callers-part") && mine) exit(EXPECTED);
    if (!strcmp(how, "_exit-in-callers-part") && mine) _exit(EXPECTED);
    if (!strcmp(how, "exit-in-helpers-part") && !mine) {
        /* One helper only: exit() is not for two threads at once. */
        static atomic_flag first = ATOMIC_FLAG_INIT;
        if (!atomic_flag_test_and_set_explicit(&first, memory_order_relaxed))
            exit(EXPECTED);
    }
    for (;;) sched_yield();
    return RTK_OK;
}

/* What is run at exit may use the runtime. */
static void loop_at_exit(void) {
    if (rtk_parallel_for(executor, WORKERS, PARTS, pass, NULL, NULL)) _exit(2);
}

static int end(const char *how) {
    if (strstr(how, "-part"))
        return rtk_parallel_for(executor, WORKERS, WORKERS, leave, (void *)how,
                                NULL)
                   ? 3
                   : 4;
    if (!strcmp(how, "loop-at-exit") && atexit(loop_at_exit)) return 1;
    /* The first has the helpers to itself. */
    detach(stay_in_loop);
    wait_for(WORKERS);
    detach(loop_for_ever);
    wait_for(WORKERS + 1);
    if (!strcmp(how, "_exit")) _exit(EXPECTED);
    if (!strcmp(how, "exit")) exit(EXPECTED);
    if (!strcmp(how, "quick_exit")) quick_exit(EXPECTED);
    return EXPECTED;
}

int main(int argc, char **argv) {
    alarm(SECONDS);
    if (argc != 3) return BAD_USE;
    rtk_pool_options options = {
        .size = sizeof options, .threads = WORKERS, .always_share = 1};
    if (!strcmp(argv[2], "own") && rtk_pool_new_with(&pool, &options)) return 1;
    setenv("RACETRACK_SHARE", "always", 1);
    if (!pool) pool = rtk_pool_shared();
    if (!pool) return 1;
    executor = rtk_pool_executor(pool);
    caller = pthread_self();
    return end(argv[1]);
}
