#include "stress/scenario.h"

const rtk_scenario rtk_scenario_first_call = {
    .name = "first_call",
    .summary = "the first call of a fresh process, by all threads at once",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_AFTER,
              .cold = true,
              .calls_most = 1},
};
