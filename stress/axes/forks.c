#include "stress/axis.h"

/* Children that are actors are forked by the main thread, others by an actor
 * that has made calls. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    (void)s;
    if (v == RTK_FORKS_EARLY) return usage->fork == RTK_FORK_IDLE;
    if (v == RTK_FORKS_THREAD) return usage->fork == RTK_FORK_BUSY;
    return usage->fork != RTK_FORK_NONE;
}

static const rtk_axis_value values[] = {
    {"child", "the child calls", 0, 0},
    {"exit", "the child calls, then exit()", 0, 0},
    {"nested", "the child's child calls", 0, 0},
    {"early", "before the first call", 0, 0},
    {"thread", "by a thread that has made no call", 0, 0},
};

const rtk_axis rtk_axis_forks = {.name = "forks",
                                 .summary =
                                     "who forks, and what the child does",
                                 .id = RTK_AXIS_FORKS,
                                 .values = values,
                                 .n = sizeof values / sizeof *values,
                                 .allows = allows};
