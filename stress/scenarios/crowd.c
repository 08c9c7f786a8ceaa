#include "stress/scenario.h"

const rtk_scenario rtk_scenario_crowd = {
    .name = "crowd",
    .summary = "processes at once, each with several threads",
    .usage = {.actors = RTK_PROCESSES,
              .threads_each = 3,
              .instance = RTK_INSTANCE_OWN,
              .share_inputs = true,
              .actors_fixed = 9,
              .promise = RTK_PROCESS_SAFE},
};
