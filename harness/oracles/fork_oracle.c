/* What a library must do about forks beside going on in the child, which
 * harness/fork_check.c tries: output that waits in a buffer would be written by
 * both processes. */
#include <stdio.h>
#include <stdio_ext.h>

#include "harness/oracles/oracle.h"
#include "harness/report.h"

static bool applies(const rtk_trial *t) {
    return t->usage->fork != RTK_FORK_NONE;
}

#ifdef __GLIBC__

/* glibc's list of all streams; in the child of a fork its lock is free. */
extern FILE *_IO_list_all;

static size_t waiting(int *descriptor) {
    size_t most = 0;
    for (FILE *f = _IO_list_all; f; f = f->_chain) {
        size_t bytes = __fwriting(f) ? __fpending(f) : 0;
        if (bytes > most) most = bytes, *descriptor = f->_fileno;
    }
    return most;
}

#else

static size_t waiting(int *descriptor) {
    *descriptor = 1;
    return __fwriting(stdout) ? __fpending(stdout) : 0;
}

#endif

/* What waited before the subject was used. Set before the actors start. */
static size_t before;

static void trial_begins(rtk_team *team) {
    int descriptor;
    (void)team;
    before = waiting(&descriptor);
}

static void forked(rtk_actor *actor) {
    int descriptor = -1;
    size_t bytes = waiting(&descriptor);
    if (bytes > before)
        rtk_finding("fork", "output would be written twice",
                    "after a fork by actor %u %zu bytes wait in the buffer of "
                    "the stream on descriptor %d, in both processes",
                    actor->index, bytes, descriptor);
}

const rtk_oracle rtk_fork_oracle = {
    .name = "fork",
    .summary = "both sides of a fork go on: calls succeed, bits are equal, no "
               "output is written twice",
    .claim = "RTK_FORK_SAFE_IDLE, RTK_FORK_SAFE_BUSY",
    .applies = applies,
    .trial_begins = trial_begins,
    .forked = forked,
};
