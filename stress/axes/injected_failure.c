#include "stress/axis.h"

static const rtk_axis_value values[] = {
    {"none", "nothing", 0, 0},
    {"memory", "one allocation of every second call", RTK_SURVIVES_FAILURE, 0},
    {"thread", "one start of a thread in every second call",
     RTK_SURVIVES_FAILURE, 0},
    {"threads", "in every second call, the starts of threads from one on",
     RTK_SURVIVES_FAILURE, 0},
};

const rtk_axis rtk_axis_injected_failure = {.name = "failure",
                                            .summary = "what cannot be had",
                                            .id = RTK_AXIS_FAILURE,
                                            .values = values,
                                            .n =
                                                sizeof values / sizeof *values};
