/* P8 and P9 of SciPy's page "Parallel execution support": threads, processes
 * and both give the same, and no caller waits for another. */

#include "kernels/subjects/test/page_kernels.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CALLERS = 4, ROUNDS = 10 };

static unsigned char truth[PAGE_KERNELS][PAGE_BYTES];

static void compute_truth(void) {
    page_set_up();
    for (int k = 0; k < PAGE_KERNELS; k++)
        assert_int_equal(RTK_OK, page_kernels[k].run(1, truth[k], NULL));
}

/* One caller; the first that differs, or 0. */
typedef struct caller {
    int64_t workers;
    int wrong;
} caller;

static void *call(void *arg) {
    caller *c = arg;
    unsigned char *out = malloc(PAGE_BYTES);
    for (int round = 0; out && round < ROUNDS; round++)
        for (int k = 0; k < PAGE_KERNELS; k++) {
            memset(out, 0, PAGE_BYTES);
            if (page_kernels[k].run(c->workers, out, NULL) ||
                memcmp(out, truth[k], PAGE_BYTES))
                c->wrong = k + 1;
        }
    if (!out) c->wrong = -1;
    free(out);
    return NULL;
}

static int call_by_threads(int64_t workers) {
    caller callers[CALLERS];
    pthread_t thread[CALLERS];
    int wrong = 0;
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.workers = workers};
        if (pthread_create(&thread[i], NULL, call, &callers[i])) return -1;
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], NULL);
        if (callers[i].wrong) wrong = callers[i].wrong;
    }
    return wrong;
}

static void p8_threads_give_the_same(void **state) {
    (void)state;
    compute_truth();
    assert_int_equal(0, call_by_threads(1));
    assert_int_equal(0, call_by_threads(2));
    assert_int_equal(0, call_by_threads(3));
}

static int call_in_child(void *arg) {
    caller c = {.workers = *(const int64_t *)arg};
    call(&c);
    return c.wrong;
}

static int call_by_threads_in_child(void *arg) {
    return call_by_threads(*(const int64_t *)arg);
}

/* The children's exit codes, or 1 for one that was killed. */
static int call_by_processes(int (*in_child)(void *), int64_t workers) {
    pid_t child[CALLERS];
    int bad = 0, status = 0;
    for (int i = 0; i < CALLERS; i++) {
        child[i] = fork();
        if (child[i]) continue;
        alarm(CHILD_SECONDS);
        _exit(in_child(&workers));
    }
    for (int i = 0; i < CALLERS; i++)
        bad |= child[i] < 0 || waitpid(child[i], &status, 0) != child[i] ||
               !WIFEXITED(status) || WEXITSTATUS(status);
    return bad;
}

static void p8_processes_give_the_same(void **state) {
    (void)state;
    compute_truth();
    assert_int_equal(0, call_by_processes(call_in_child, 1));
}

static void p8_processes_with_threads_give_the_same(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    compute_truth();
    assert_int_equal(0, call_by_processes(call_in_child, 2));
    assert_int_equal(0, call_by_processes(call_by_threads_in_child, 1));
    assert_int_equal(0, call_by_processes(call_by_threads_in_child, 3));
}

/* ---- P9 -------------------------------------------------------------------
 */

/* Loops that stay in their first part until told. */
typedef struct stay {
    atomic_bool over;
    atomic_uint inside;
} stay;

static rtk_status stay_inside(void *arg, size_t part) {
    stay *s = arg;
    struct timespec pause = {0, 1000000};
    (void)part;
    /* Acquire, release: no more is handed over than that. */
    atomic_fetch_add_explicit(&s->inside, 1, memory_order_release);
    while (!atomic_load_explicit(&s->over, memory_order_acquire))
        nanosleep(&pause, NULL);
    return RTK_OK;
}

static void *run_and_stay(void *arg) {
    return rtk_parallel_for(NULL, 2, 2, stay_inside, arg, NULL) ? arg : NULL;
}

/* If anything were locked while a loop runs, this would not end. */
static void p9_no_caller_waits_for_another(void **state) {
    stay s = {0};
    pthread_t thread[CALLERS];
    struct timespec pause = {0, 1000000};
    (void)state;
    compute_truth();
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(0, pthread_create(&thread[i], NULL, run_and_stay, &s));
    while (atomic_load_explicit(&s.inside, memory_order_acquire) < CALLERS)
        nanosleep(&pause, NULL);
    int wrong = call_by_threads(3);
    atomic_store_explicit(&s.over, true, memory_order_release);
    for (int i = 0; i < CALLERS; i++) {
        void *bad = NULL;
        pthread_join(thread[i], &bad);
        assert_null(bad);
    }
    assert_int_equal(0, wrong);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First: until here the process has no thread of ours. */
        cmocka_unit_test(p8_processes_give_the_same),
        cmocka_unit_test(p8_threads_give_the_same),
        cmocka_unit_test(p8_processes_with_threads_give_the_same),
        cmocka_unit_test(p9_no_caller_waits_for_another),
    };
    return RTK_RUN(tests);
}
