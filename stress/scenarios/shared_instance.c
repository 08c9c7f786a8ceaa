#include "stress/scenario.h"

const rtk_scenario rtk_scenario_shared_instance = {
    .name = "shared_instance",
    .summary = "threads that use one instance (plan, handle)",
    .usage = {.actors = RTK_THREADS, .instance = RTK_INSTANCE_SHARED},
};
