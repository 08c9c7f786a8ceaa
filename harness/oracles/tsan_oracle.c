#include <string.h>

#include "harness/lane.h"
#include "harness/oracles/oracle.h"

static bool applies(const rtk_trial *t) {
    (void)t;
    const char *lane = rtk_lane_oracle();
    return lane && strcmp(lane, "tsan") == 0;
}

/* Told by harness/lane_tsan.c. */
const rtk_oracle rtk_tsan_oracle = {
    .name = "tsan",
    .summary = "ThreadSanitizer, in the lane tsan: "
               "races, lock-order inversions and misuse of threads",
    .claim = "always",
    .applies = applies,
};
