#include "stress/scenario.h"

const rtk_scenario rtk_scenario_shared_input = {
    .name = "shared_input",
    .summary = "threads that read one input",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .share_inputs = true},
};
