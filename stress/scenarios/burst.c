#include "stress/scenario.h"

/* What is lost for the moment is lost for good when nobody calls any more. */
const rtk_scenario rtk_scenario_burst = {
    .name = "burst",
    .summary = "a few calls by each thread at a time, so that ends come often",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_SHARED,
              .burst = 3},
};
