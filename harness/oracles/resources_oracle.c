#include "harness/oracles/oracle.h"
#include "harness/report.h"
#include "harness/resources.h"

/* What the trial began with. */
static rtk_resources before;

static bool applies(const rtk_trial *t) {
    return t->promises & (RTK_NO_THREADS_LEFT | RTK_NO_DESCRIPTORS_LEFT);
}

/* Reading /proc takes as long as a small call: only what is claimed. */
static rtk_resources claimed(const rtk_trial *t) {
    rtk_resources now = {0};
    if (t->promises & RTK_NO_THREADS_LEFT) return rtk_resources_now();
    if (t->promises & RTK_NO_DESCRIPTORS_LEFT)
        now.descriptors = rtk_resources_descriptors();
    return now;
}

static void trial_begins(rtk_team *team) {
    before = claimed(team->actor[0].trial);
}

static bool trial_ended(rtk_team *team) {
    const rtk_trial *t = team->actor[0].trial;
    bool threads = t->promises & RTK_NO_THREADS_LEFT;
    rtk_resources after =
        threads ? rtk_resources_settled(before.threads) : claimed(t);
    if (threads && after.threads > before.threads)
        rtk_finding("resources", "threads left behind",
                    "%u threads more than before open(), after close()",
                    after.threads - before.threads);
    if (t->promises & RTK_NO_DESCRIPTORS_LEFT &&
        after.descriptors > before.descriptors)
        rtk_finding("resources", "descriptors left behind",
                    "%u descriptors more than before open(), after close()",
                    after.descriptors - before.descriptors);
    return true;
}

const rtk_oracle rtk_resources_oracle = {
    .name = "resources",
    .summary = "no threads and descriptors are left after close()",
    .claim = "RTK_NO_THREADS_LEFT, RTK_NO_DESCRIPTORS_LEFT",
    .applies = applies,
    .trial_begins = trial_begins,
    .trial_ended = trial_ended,
};
