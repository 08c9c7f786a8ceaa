#include "harness/oracles/oracle.h"

static bool has(const rtk_trial *t, const rtk_op *op) {
    (void)t;
    return op->claims->promises & RTK_INPUTS_UNTOUCHED;
}

static bool applies(const rtk_trial *t) {
    return rtk_trial_has(t, has);
}

/* Inputs lie on read-only pages; who writes is told by harness/crash.c. */
const rtk_oracle rtk_inputs_oracle = {
    .name = "inputs",
    .summary = "inputs on read-only pages are not written",
    .claim = "RTK_INPUTS_UNTOUCHED",
    .applies = applies,
};
