#include "stress/scenario.h"

const rtk_scenario rtk_scenario_short_lived = {
    .name = "short_lived",
    .summary = "every call by a thread that lives for it alone",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .thread_each_call = true,
              .calls_most = 60},
};
