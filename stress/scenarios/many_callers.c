#include "stress/scenario.h"

const rtk_scenario rtk_scenario_many_callers = {
    .name = "many_callers",
    .summary = "more threads than the tables of most libraries hold",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .share_inputs = true,
              .actors_fixed = RTK_ACTORS_MAX,
              .calls_most = 6},
};
