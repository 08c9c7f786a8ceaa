#include "stress/axis.h"

static const rtk_axis_value values[] = {
    {"drawn", "unset, 1, 2, 3 or all", 0},
    {"one", "1", 0},
    {"two", "2", 0},
    {"prime", "7", 0},
    {"cpus_and_one", "one more than there are CPUs", 0},
    {"all", "-1", 0},
    {"lowest", "minus the number of CPUs", 0},
    {"huge", "64", 0},
    {"refused", "0, which must be refused", RTK_WORKERS_GRAMMAR},
};

const rtk_axis rtk_axis_asked_workers = {.name = "workers",
                                         .summary =
                                             "how many workers a call asks for",
                                         .id = RTK_AXIS_WORKERS,
                                         .values = values,
                                         .n = sizeof values / sizeof *values};
