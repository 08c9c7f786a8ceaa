#ifndef RTK_SELFTEST_H
#define RTK_SELFTEST_H

#include "stress/campaign.h"

/* One planted fault: a line of stress/faults/faults.def. */
typedef struct rtk_fault {
    const char *name;
    unsigned category; /* number of an rtk_category */
    const char *kind, *summary, *lane, *oracle, *scenario;
    bool canary; /* every gate runs it */
} rtk_fault;

/* A line of stress/faults/categories.def. */
typedef struct rtk_category {
    unsigned number;
    const char *name;
    unsigned least; /* faults that the catalogue must have of it */
} rtk_category;

/* All planted faults; name NULL behind the last. MT-Safe. */
extern const rtk_fault rtk_faults[];

/* All categories, in order of number; name NULL behind the last. MT-Safe. */
extern const rtk_category rtk_categories[];

/* The name of the category of `fault`. MT-Safe. */
const char *rtk_fault_category(const rtk_fault *fault);

/* What the self-test found. */
typedef struct rtk_selftest {
    unsigned faults, found, held, could_not_run;
    bool missed; /* a fault was missed or a sound twin accused */
} rtk_selftest;

/* Check the names of faults in `plan`.
 * Returns RTK_OK, or RTK_EINVAL with a sentence for an unknown one.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_selftest_check(const rtk_plan *plan,
                                          char sentence[RTK_SENTENCE]);

/* Try each planted fault until the oracle named for it has spoken or its
 * budget is used, and its sound twin; write the records "fault" and print a
 * line for each.
 *
 *   plan      runners, the plug-in "faults", seed; budget: seconds for each
 *             fault; subjects: faults to try, empty: all
 *   result    out, in every case
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL when the plug-in cannot be used; RTK_EIO when a
 * lane or the records are lost; RTK_ECANCELLED. MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_selftest_run(rtk_session *session,
                                        const rtk_plan *plan,
                                        rtk_selftest *result,
                                        char sentence[RTK_SENTENCE]);

#endif
