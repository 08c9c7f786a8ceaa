#include "stress/axis.h"

/* A loop has threads, which a call that looks at threads would find. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    (void)s;
    return v != RTK_NESTING_LOOP || usage->fork == RTK_FORK_NONE;
}

static const rtk_axis_value values[] = {
    {"none", "from its own loop", 0, 0},
    /* Its helpers would count as left behind. */
    {"loop", "from a part of a parallel loop", RTK_NESTABLE,
     RTK_NO_THREADS_LEFT},
    {"small_stack", "from a thread with 256 KiB of stack", 0, 0},
};

const rtk_axis rtk_axis_nesting = {.name = "nesting",
                                   .summary = "from where an actor calls",
                                   .id = RTK_AXIS_NESTING,
                                   .values = values,
                                   .n = sizeof values / sizeof *values,
                                   .allows = allows};
