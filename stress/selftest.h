#ifndef RTK_SELFTEST_H
#define RTK_SELFTEST_H

#include "stress/attempt.h"

/* What the self-test found. */
typedef struct rtk_selftest {
    unsigned faults, found, held;
    bool missed; /* a fault was missed or a sound twin accused */
} rtk_selftest;

/* Do `each` for the faults that are meant, lane by lane, with the servers of
 * its lane.
 *
 *   choice    which faults
 *   each      called with `arg`; anything but RTK_OK ends it
 *   sentence  out on failure of a lane
 *
 * Returns RTK_OK; RTK_EINVAL when the plug-in cannot be used; RTK_EIO when a
 * lane or the records are lost; RTK_ECANCELLED. MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_faults_each(
    rtk_session *session, const rtk_plan *plan, const rtk_fault_choice *choice,
    rtk_status (*each)(const rtk_attempts *a, const rtk_fault *fault,
                       void *arg),
    void *arg, char sentence[RTK_SENTENCE]);

/* Try each planted fault until the oracle named for it has spoken or its
 * budget is used, and its sound twin; write the records "fault" and print a
 * line for each.
 *
 *   plan      runners, the plug-in "faults", seed; budget: seconds for each
 *             fault; subjects: faults to try, empty: all
 *   canary    only the few that every gate runs, and their twins for less long
 *   result    out, in every case
 *   sentence  out on failure
 *
 * Returns as rtk_faults_each(). MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_selftest_run(rtk_session *session,
                                        const rtk_plan *plan, bool canary,
                                        rtk_selftest *result,
                                        char sentence[RTK_SENTENCE]);

#endif
