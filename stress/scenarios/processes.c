#include "stress/scenario.h"

const rtk_scenario rtk_scenario_processes = {
    .name = "processes",
    .summary = "processes at once, each with its own instance",
    .usage = {.actors = RTK_PROCESSES,
              .instance = RTK_INSTANCE_OWN,
              .share_inputs = true,
              .promise = RTK_PROCESS_SAFE},
};
