#include "harness/oracles/oracle.h"

/* Told by harness/crash.c, and by the runner when even that was lost. */
const rtk_oracle rtk_crash_oracle = {
    .name = "crash",
    .summary = "no fatal signal, and no call ends the process",
    .claim = "always",
};
