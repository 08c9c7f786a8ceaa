#ifndef RTK_UNIT_H
#define RTK_UNIT_H

/* What the kernels' unit tests share. cmocka wants its headers in this order.
 * An assertion in a worker ends the process: workers write to slots, and the
 * test asserts after the join. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The build names the lane. */
#ifndef RTK_LANE
#define RTK_LANE "native"
#endif

#define RTK_RUN(tests) cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)

enum { CHILD_SECONDS = 60, JOIN_SECONDS = 60 };

/* Threads of this process. MT-Safe. */
static inline unsigned unit_threads(void) {
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *d; (d = readdir(tasks));) count += d->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* Wait until there are `count` threads: one that was joined may be listed for
 * a moment longer. MT-Safe. */
static inline bool unit_threads_become(unsigned count) {
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < JOIN_SECONDS * 1000; i++) {
        if (unit_threads() == count) return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* ThreadSanitizer is off in children of a process with threads. MT-Safe. */
static inline void unit_skip_forks_under_tsan(void) {
    if (strcmp(RTK_LANE, "tsan")) return;
    print_message("skipped: ThreadSanitizer does not allow threads in a "
                  "child of a process with threads\n");
    skip();
}

/* Exit status of a child that runs in_child(arg), or -1 if it was killed; a
 * child that hangs is killed by its alarm. MT-Safe. */
static inline int unit_fork(int (*in_child)(void *arg), void *arg) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(in_child(arg));
    }
    assert_true(child > 0);
    assert_int_equal(child, waitpid(child, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
