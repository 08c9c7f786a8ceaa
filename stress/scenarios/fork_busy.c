#include "stress/scenario.h"

const rtk_scenario rtk_scenario_fork_busy = {
    .name = "fork_busy",
    .summary = "fork while other threads are in their calls",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .fork = RTK_FORK_BUSY,
              .promise = RTK_FORK_SAFE_BUSY},
};
