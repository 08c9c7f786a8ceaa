#include "stress/scenario.h"

/* Nothing is inherited, as with multiprocessing's "spawn". To start and to load
 * takes as long as the calls, or longer under ThreadSanitizer. */
const rtk_scenario rtk_scenario_spawned = {
    .name = "spawned",
    .summary = "processes started afresh, which share the arrays alone",
    .usage = {.actors = RTK_SPAWNED,
              .instance = RTK_INSTANCE_OWN,
              .share_inputs = true,
              .actors_fixed = 4,
              .weight = 2,
              .promise = RTK_PROCESS_SAFE},
};
