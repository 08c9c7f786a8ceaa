/* What is watched over a fork is called once on each side, and the list stays
 * whole in the child whatever other threads do with it. */
#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "kernels/workers/fork_watch.h"

enum { FORKS = 50 };

typedef struct calls {
    unsigned before, parent, child;
} calls;

static void before(void *self) {
    ((calls *)self)->before++;
}

static void parent(void *self) {
    ((calls *)self)->parent++;
}

static void child(void *self) {
    ((calls *)self)->child++;
}

static rtk_fork_watcher watcher(calls *c) {
    return (rtk_fork_watcher){
        .before = before, .parent = parent, .child = child, .self = c};
}

/* The exit code of a forked process that runs `body`; one that hangs dies. */
static int forked(int (*body)(void *arg), void *arg) {
    int how;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(CHILD_SECONDS);
        _exit(body(arg));
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static int seen_by_child(void *arg) {
    const calls *c = arg;
    return c->before == 1 && c->parent == 0 && c->child == 1 ? 0 : 1;
}

static void each_side_is_called_once(void **state) {
    calls c = {0};
    rtk_fork_watcher w = watcher(&c);
    (void)state;
    assert_int_equal(rtk_fork_watch(&w), RTK_OK);
    assert_int_equal(forked(seen_by_child, &c), 0);
    rtk_fork_unwatch(&w);
    assert_int_equal(c.before, 1);
    assert_int_equal(c.parent, 1);
    assert_int_equal(c.child, 0);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void what_is_watched_no_longer_is_not_called(void **state) {
    calls c[3] = {{0}};
    rtk_fork_watcher w[3], none = {.self = NULL};
    (void)state;
    for (int i = 0; i < 3; i++) {
        w[i] = watcher(&c[i]);
        assert_int_equal(rtk_fork_watch(&w[i]), RTK_OK);
    }
    rtk_fork_unwatch(&w[1]);
    rtk_fork_unwatch(&w[1]);
    assert_int_equal(rtk_fork_watch(&none), RTK_OK);
    assert_int_equal(forked(nothing, NULL), 0);
    rtk_fork_unwatch(&none);
    rtk_fork_unwatch(&w[2]);
    rtk_fork_unwatch(&w[0]);
    assert_int_equal(c[0].before, 1);
    assert_int_equal(c[1].before, 0);
    assert_int_equal(c[2].parent, 1);
}

static int counted(void *arg) {
    return (int)(rtk_fork_count() - *(unsigned *)arg);
}

static int counted_twice(void *arg) {
    return forked(counted, arg);
}

static void each_fork_counts_in_the_child_alone(void **state) {
    unsigned first = rtk_fork_count();
    (void)state;
    assert_int_equal(forked(counted, &first), 1);
    assert_int_equal(forked(counted_twice, &first), 2);
    assert_int_equal(rtk_fork_count(), first);
}

/* Told to end by the main thread; relaxed, as joining orders the rest. */
static atomic_bool enough;

static void *come_and_go(void *arg) {
    calls c = {0};
    rtk_fork_watcher w = watcher(&c);
    while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
        if (rtk_fork_watch(&w) != RTK_OK) return arg;
        rtk_fork_unwatch(&w);
    }
    return c.before == c.parent && c.child == 0 ? NULL : arg;
}

static int use_the_list(void *arg) {
    calls c = {0};
    rtk_fork_watcher w = watcher(&c);
    if (seen_by_child(arg) != 0 || rtk_fork_watch(&w) != RTK_OK) return 2;
    int code = forked(seen_by_child, &c);
    rtk_fork_unwatch(&w);
    return code;
}

static void the_list_is_whole_in_a_child_while_others_change_it(void **state) {
    pthread_t thread;
    void *wrong;
    (void)state;
    atomic_store_explicit(&enough, false, memory_order_relaxed);
    assert_int_equal(pthread_create(&thread, NULL, come_and_go, &wrong), 0);
    for (int i = 0; i < FORKS; i++) {
        calls c = {0};
        rtk_fork_watcher w = watcher(&c);
        assert_int_equal(rtk_fork_watch(&w), RTK_OK);
        assert_int_equal(forked(use_the_list, &c), 0);
        rtk_fork_unwatch(&w);
        assert_int_equal(c.parent, 1);
    }
    atomic_store_explicit(&enough, true, memory_order_relaxed);
    pthread_join(thread, &wrong);
    assert_null(wrong);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_is_called_once),
        cmocka_unit_test(what_is_watched_no_longer_is_not_called),
        cmocka_unit_test(each_fork_counts_in_the_child_alone),
        cmocka_unit_test(the_list_is_whole_in_a_child_while_others_change_it),
    };
    return RTK_RUN(tests);
}
