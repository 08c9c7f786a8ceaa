#include "harness/oracles/oracle.h"

/* Told by the runner, from outside the process. */
const rtk_oracle rtk_hang_oracle = {
    .name = "hang",
    .summary = "the trial ends",
    .claim = "always",
};
