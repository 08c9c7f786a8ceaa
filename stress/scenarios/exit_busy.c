#include "stress/scenario.h"

const rtk_scenario rtk_scenario_exit_busy = {
    .name = "exit_busy",
    .summary = "exit() while threads are in their calls",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .finish = RTK_FINISH_EXIT,
              .promise = RTK_EXIT_SAFE_BUSY},
};
