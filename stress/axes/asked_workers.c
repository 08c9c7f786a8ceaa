#include "stress/axis.h"

/* What open() may refuse cannot be shared, nor used on both sides of a fork. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    bool shared = s->open && usage->instance == RTK_INSTANCE_SHARED;
    return v < RTK_WORKERS_REFUSED || (usage->fork == RTK_FORK_NONE && !shared);
}

static const rtk_axis_value values[] = {
    {"drawn", "unset, 1, 2, 3 or all", 0, 0},
    {"one", "1", 0, 0},
    {"two", "2", 0, 0},
    {"prime", "7", 0, 0},
    {"cpus_and_one", "one more than there are CPUs", 0, 0},
    {"all", "-1", 0, 0},
    {"lowest", "minus the number of CPUs", 0, 0},
    {"huge", "64", 0, 0},
    {"refused", "0, which must be refused", RTK_WORKERS_GRAMMAR, 0},
    {"too_low", "one below minus the number of CPUs, which must be refused",
     RTK_WORKERS_GRAMMAR, 0},
};

const rtk_axis rtk_axis_asked_workers = {.name = "workers",
                                         .summary =
                                             "how many workers a call asks for",
                                         .id = RTK_AXIS_WORKERS,
                                         .values = values,
                                         .n = sizeof values / sizeof *values,
                                         .allows = allows};
