#include "stress/scenario.h"

const rtk_scenario rtk_scenario_private_data = {
    .name = "private_data",
    .summary = "threads with an instance and data of their own",
    .usage = {.actors = RTK_THREADS, .instance = RTK_INSTANCE_OWN},
};
