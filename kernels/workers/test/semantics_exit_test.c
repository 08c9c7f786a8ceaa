/* A process may end at any moment: with its own exit status, without a word
 * from a sanitizer, and without waiting for anybody. */

#include <spawn.h>

#include "kernels/workers/test/semantics.h"

/* The build names the program. */
#ifndef RTK_EXIT_WHILE_BUSY
#define RTK_EXIT_WHILE_BUSY "exit_while_busy"
#endif

enum { EXPECTED = 7, ROUNDS = 5 };

/* Read what a child says until it ends; cut to the room there is. */
static void listen_to(int from, char *text, size_t room) {
    size_t n = 0;
    char rest[256];
    for (;;) {
        bool full = n + 1 >= room;
        ssize_t got = full ? read(from, rest, sizeof rest)
                           : read(from, text + n, room - 1 - n);
        if (got <= 0) break;
        if (!full) n += (size_t)got;
    }
    text[n] = '\0';
}

static void assert_ends(const char *how, const char *on) {
    const char *const argv[] = {RTK_EXIT_WHILE_BUSY, how, on, NULL};
    posix_spawn_file_actions_t actions;
    char said[4096];
    int ends[2], status = -1;
    pid_t child;
    assert_int_equal(0, pipe(ends));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    assert_int_equal(0, posix_spawn(&child, argv[0], &actions, NULL,
                                    (char *const *)argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    listen_to(ends[0], said, sizeof said);
    close(ends[0]);
    assert_int_equal(child, waitpid(child, &status, 0));
    if (*said || !WIFEXITED(status) || WEXITSTATUS(status) != EXPECTED)
        print_message("%s, pool %s: status %#x\n%s\n", how, on,
                      (unsigned)status, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(EXPECTED, WEXITSTATUS(status));
    assert_string_equal("", said);
}

static void assert_always_ends(const char *how) {
    for (int round = 0; round < ROUNDS; round++) {
        assert_ends(how, "shared");
        assert_ends(how, "own");
    }
}

static void main_may_return_while_loops_run(void **state) {
    (void)state;
    assert_always_ends("return");
}

static void exit_may_be_called_while_loops_run(void **state) {
    (void)state;
    assert_always_ends("exit");
    assert_always_ends("quick_exit");
}

static void underscore_exit_may_be_called_while_loops_run(void **state) {
    (void)state;
    assert_always_ends("_exit");
}

static void a_part_may_end_the_process(void **state) {
    (void)state;
    assert_always_ends("exit-in-callers-part");
    assert_always_ends("_exit-in-callers-part");
    assert_always_ends("exit-in-helpers-part");
}

static void what_is_run_at_exit_may_use_loops(void **state) {
    (void)state;
    assert_always_ends("loop-at-exit");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_may_return_while_loops_run),
        cmocka_unit_test(exit_may_be_called_while_loops_run),
        cmocka_unit_test(underscore_exit_may_be_called_while_loops_run),
        cmocka_unit_test(a_part_may_end_the_process),
        cmocka_unit_test(what_is_run_at_exit_may_use_loops),
    };
    return RTK_RUN(tests);
}
