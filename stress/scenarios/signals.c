#include "stress/scenario.h"

/* Handlers run wherever a call happens to be; waits end early. */
const rtk_scenario rtk_scenario_signals = {
    .name = "signals",
    .summary = "threads whose calls are interrupted by signals",
    .usage = {.actors = RTK_THREADS,
              .instance = RTK_INSTANCE_OWN,
              .interrupts = true},
};
