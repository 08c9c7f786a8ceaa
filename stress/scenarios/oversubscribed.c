#include "stress/scenario.h"

const rtk_scenario rtk_scenario_oversubscribed = {
    .name = "oversubscribed",
    .summary = "many more threads than CPUs on one instance",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_SHARED,
              .share_inputs = true,
              .actors_per_cpu = 6},
};
