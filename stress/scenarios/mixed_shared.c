#include "stress/scenario.h"

const rtk_scenario rtk_scenario_mixed_shared = {
    .name = "mixed_shared",
    .summary = "different operations at once on one instance",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_SHARED,
              .mixed = true,
              .share_inputs = true},
};
