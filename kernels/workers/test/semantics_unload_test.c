/* A library that contains the runtime may be unloaded at any time: from its
 * first thread on its code stays; before that it goes without a trace. */

#include <dlfcn.h>

#include "kernels/workers/test/modules/own_runtime.h"
#include "kernels/workers/test/semantics.h"

/* The build names the libraries: a copy for each test, as one that stays
 * loaded is the same for all who open it again. */
#ifndef RTK_OWN_RUNTIMES
#define RTK_OWN_RUNTIMES ""
#endif

enum { WORKERS = 3, PARTS = 40, TIMES = 100 };

static const char *path_of(unsigned copy) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/own_runtime_%u_%s.so", RTK_OWN_RUNTIMES,
             copy, RTK_LANE);
    return path;
}

static void *load(unsigned copy, const rtk_own_functions **functions) {
    void *library = dlopen(path_of(copy), RTLD_NOW | RTLD_LOCAL);
    if (!library) print_message("%s\n", dlerror());
    assert_non_null(library);
    *functions = dlsym(library, RTK_OWN_RUNTIME);
    assert_non_null(*functions);
    return library;
}

static bool is_loaded(unsigned copy) {
    void *library = dlopen(path_of(copy), RTLD_NOW | RTLD_NOLOAD);
    if (library) dlclose(library);
    return library != NULL;
}

static int fork_only(void *arg) {
    (void)arg;
    return 0;
}

/* Handlers of code that is gone would crash here. */
static void assert_may_fork(void) {
    assert_int_equal(0, unit_fork(fork_only, NULL));
}

/* ---- Idle ------------------------------------------------------------------
 */

static void a_library_that_started_no_thread_is_unloaded(void **state) {
    const rtk_own_functions *f;
    (void)state;
    for (int i = 0; i < 10; i++) {
        void *library = load(0, &f);
        assert_int_equal(0, f->make_and_free());
        assert_int_equal(PARTS, f->loop(1, PARTS, NULL, NULL));
        assert_int_equal(PARTS, f->private_loop(1, PARTS));
        assert_may_fork();
        assert_int_equal(0, dlclose(library));
        assert_false(is_loaded(0));
        assert_may_fork();
    }
    assert_true(unit_threads_become(threads_at_rest));
}

static void a_library_with_idle_threads_stays(void **state) {
    const rtk_own_functions *f, *again;
    (void)state;
    void *library = load(1, &f);
    assert_int_equal(PARTS, f->loop(WORKERS, PARTS, NULL, NULL));
    assert_int_equal(0, dlclose(library));
    assert_true(is_loaded(1));
    assert_may_fork();
    library = load(1, &again);
    assert_ptr_equal(f, again);
    assert_int_equal(PARTS, again->loop(WORKERS, PARTS, NULL, NULL));
    assert_true(unit_threads_become(threads_at_rest + WORKERS - 1));
    assert_int_equal(0, again->shut_down());
    assert_true(unit_threads_become(threads_at_rest));
    assert_int_equal(0, dlclose(library));
}

static void a_library_with_a_private_pool_leaves_no_thread(void **state) {
    const rtk_own_functions *f;
    unsigned fds = 0;
    (void)state;
    for (int i = 0; i < TIMES; i++) {
        void *library = load(2, &f);
        assert_int_equal(PARTS, f->private_loop(WORKERS, PARTS));
        assert_int_equal(0, dlclose(library));
        assert_true(unit_threads_become(threads_at_rest));
        /* The first may open what the process keeps. */
        if (!i) fds = open_descriptors();
        assert_int_equal(fds, open_descriptors());
    }
    assert_may_fork();
}

/* ---- Busy ------------------------------------------------------------------
 */

/* A loop that runs in a thread of the test while its library is unloaded. */
typedef struct running {
    const rtk_own_functions *f;
    meeting all_in, go_on;
    bool came[WORKERS], went[WORKERS];
    long ran;
} running;

static void linger(void *arg, size_t part) {
    running *r = arg;
    r->came[part] = meeting_attend(&r->all_in);
    r->went[part] = meeting_attend(&r->go_on);
}

static void *run_loop(void *arg) {
    running *r = arg;
    r->ran = r->f->loop(WORKERS, WORKERS, linger, r);
    return NULL;
}

static void unload_while_running(unsigned copy) {
    running r = {.ran = -1};
    pthread_t id;
    void *library = load(copy, &r.f);
    meeting_set_up(&r.all_in, WORKERS + 1);
    meeting_set_up(&r.go_on, WORKERS + 1);
    assert_int_equal(0, pthread_create(&id, NULL, run_loop, &r));
    assert_true(meeting_attend(&r.all_in));
    assert_int_equal(0, dlclose(library));
    assert_true(is_loaded(copy));
    assert_true(meeting_attend(&r.go_on));
    pthread_join(id, NULL);
    assert_int_equal(WORKERS, r.ran);
    for (size_t i = 0; i < WORKERS; i++) assert_true(r.came[i] && r.went[i]);
    meeting_tear_down(&r.go_on);
    meeting_tear_down(&r.all_in);
}

static void a_library_that_is_in_a_loop_stays(void **state) {
    const rtk_own_functions *f;
    (void)state;
    for (int i = 0; i < 20; i++) unload_while_running(3);
    void *library = load(3, &f);
    assert_int_equal(PARTS, f->loop(WORKERS, PARTS, NULL, NULL));
    assert_int_equal(0, f->shut_down());
    assert_int_equal(0, dlclose(library));
    assert_true(unit_threads_become(threads_at_rest));
    assert_may_fork();
}

static void two_copies_of_the_runtime_do_not_mix(void **state) {
    const rtk_own_functions *a, *b;
    (void)state;
    void *one = load(4, &a), *two = load(5, &b);
    assert_ptr_not_equal(a, b);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(PARTS, a->loop(WORKERS, PARTS, NULL, NULL));
        assert_int_equal(PARTS, b->loop(WORKERS + 1, PARTS, NULL, NULL));
        assert_int_equal(RTK_OK, run_once(NULL, WORKERS, PARTS));
    }
    assert_int_equal(0, a->shut_down());
    assert_int_equal(PARTS, b->loop(WORKERS, PARTS, NULL, NULL));
    assert_int_equal(0, b->shut_down());
    assert_int_equal(RTK_OK, rtk_pool_shutdown(rtk_pool_shared()));
    assert_true(unit_threads_become(threads_at_rest));
    dlclose(two);
    dlclose(one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_that_started_no_thread_is_unloaded),
        cmocka_unit_test(a_library_with_idle_threads_stays),
        cmocka_unit_test(a_library_with_a_private_pool_leaves_no_thread),
        cmocka_unit_test(a_library_that_is_in_a_loop_stays),
        cmocka_unit_test(two_copies_of_the_runtime_do_not_mix),
    };
    share_always();
    count_threads_from_here();
    return RTK_RUN(tests);
}
