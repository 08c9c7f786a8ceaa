#include <string.h>

#include "harness/lane.h"
#include "harness/oracles/oracle.h"

static bool applies(const rtk_trial *t) {
    (void)t;
    const char *lane = rtk_lane_oracle();
    return lane && strcmp(lane, "asan") == 0;
}

/* Told by harness/lane_asan.c. */
const rtk_oracle rtk_asan_oracle = {
    .name = "asan",
    .summary =
        "AddressSanitizer and UndefinedBehaviorSanitizer, in the lane asan: "
        "lifetime, bounds and undefined behaviour",
    .claim = "always",
    .applies = applies,
};
