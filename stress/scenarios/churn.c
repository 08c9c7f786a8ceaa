#include "stress/scenario.h"

const rtk_scenario rtk_scenario_churn = {
    .name = "churn",
    .summary =
        "threads that create, use and destroy an instance for every call",
    .usage = {.actors = RTK_THREADS, .instance = RTK_INSTANCE_EACH_CALL},
};
