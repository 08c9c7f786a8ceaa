#ifndef RTK_POWER_H
#define RTK_POWER_H

/* How likely each planted fault is to be found, and how soon. */

#include "stress/attempt.h"

/* Sums over all faults that were tried. */
typedef struct rtk_power {
    unsigned faults, found;       /* found: by at least one seed */
    unsigned accused;             /* twins with an alarm */
    uint64_t attempts, successes; /* faults × seeds, and those that found it */
    uint64_t twin_trials, alarms; /* trials of sound twins; with a finding */
} rtk_power;

/* Look for each planted fault from `seeds` seeds, and at its sound twin as
 * often; write a record "power" and print a line for each, and totals with
 * exact bounds at the end. After an interruption both tell what there is.
 *
 *   plan      as for rtk_selftest_run(); budget: seconds for each fault and
 *             seed
 *   seeds     1 .. RTK_POWER_SEEDS
 *   power     out, in every case
 *   sentence  out on failure
 *
 * Returns as rtk_faults_each(). MT-Unsafe race:session. */
enum { RTK_POWER_SEEDS = 1000 };
RTK_CHECKED rtk_status rtk_power_run(rtk_session *session, const rtk_plan *plan,
                                     unsigned seeds, rtk_power *power,
                                     char sentence[RTK_SENTENCE]);

#endif
