#include "stress/axis.h"

static const rtk_axis_value values[] = {
    {"none", "all that it has", 0, 0},
    {"one_cpu", "one CPU", 0, 0},
};

const rtk_axis rtk_axis_limits = {.name = "limits",
                                  .summary = "what the process may use",
                                  .id = RTK_AXIS_LIMITS,
                                  .values = values,
                                  .n = sizeof values / sizeof *values};
