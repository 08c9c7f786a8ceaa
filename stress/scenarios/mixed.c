#include "stress/scenario.h"

const rtk_scenario rtk_scenario_mixed = {
    .name = "mixed",
    .summary = "different operations, shapes and sizes at once",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .mixed = true},
};
