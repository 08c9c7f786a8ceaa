#include "stress/axis.h"

static const rtk_axis_value values[] = {
    {"page", "at the start of a page", 0, 0},
    {"page_end", "up to a page that cannot be read", RTK_UNALIGNED, 0},
    {"offset", "one element behind the start of a page", RTK_UNALIGNED, 0},
    {"file", "in a mapped file", 0, 0},
};

const rtk_axis rtk_axis_inputs = {.name = "inputs",
                                  .summary = "where arrays lie",
                                  .id = RTK_AXIS_INPUTS,
                                  .values = values,
                                  .n = sizeof values / sizeof *values};
