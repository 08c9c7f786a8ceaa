#include "stress/scenario.h"

const rtk_scenario rtk_scenario_fork_idle = {
    .name = "fork_idle",
    .summary = "fork after a first call, then use on both sides",
    .usage = {.actors = RTK_PROCESSES,
              .instance = RTK_INSTANCE_SHARED,
              .fork = RTK_FORK_IDLE,
              .promise = RTK_FORK_SAFE_IDLE},
};
