#include "stress/scenario.h"

const rtk_scenario rtk_scenario_unload = {
    .name = "unload",
    .summary = "dlclose() of the library after its last use",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .finish = RTK_FINISH_UNLOAD,
              .cold = true,
              .calls_most = 20,
              .promise = RTK_UNLOADABLE},
};
