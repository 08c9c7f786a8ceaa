#include "stress/axis.h"

/* A scenario that says how many there are means it. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    (void)v, (void)s;
    return !usage->actors_fixed && !usage->actors_per_cpu;
}

static const rtk_axis_value values[] = {
    {"usual", "as many as the scenario has", 0, 0},
    {"two", "two", 0, 0},
    {"cpus_and_one", "one more than there are CPUs", 0, 0},
    {"many", "sixteen", 0, 0},
};

const rtk_axis rtk_axis_callers = {.name = "callers",
                                   .summary = "how many actors call at once",
                                   .id = RTK_AXIS_CALLERS,
                                   .values = values,
                                   .n = sizeof values / sizeof *values,
                                   .allows = allows};
