#ifndef RTK_ATTEMPT_H
#define RTK_ATTEMPT_H

/* Looking for one planted fault from one seed, and at its sound twin. */

#include "stress/catalogue.h"

/* How the self-test goes about it; read-only while it runs. */
typedef struct rtk_attempts {
    rtk_session *session;
    rtk_lane_servers *servers, *twins; /* of the faults, and of their twins */
    const rtk_plan *plan;              /* budget_s: for one attempt */
} rtk_attempts;

/* What came of it. */
typedef struct rtk_attempt {
    bool found; /* by the oracle named for the fault */
    double seconds;
} rtk_attempt;

/* Run trials of `fault` with seeds `seed`, `seed`+1, ... until its oracle has
 * spoken or the budget is used, adding to `tally`.
 *
 *   attempt  out, in every case
 *
 * Returns RTK_OK; RTK_EIO when the server was lost; RTK_ECANCELLED.
 * MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_attempt_fault(const rtk_attempts *a,
                                         const rtk_fault *fault, uint64_t seed,
                                         rtk_tally *tally,
                                         rtk_attempt *attempt);

/* Run `trials` trials of the sound twin of `fault`, or as many as fit into
 * `budget_ms`, adding to `tally`. Returns as the above.
 * MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_attempt_twin(const rtk_attempts *a,
                                        const rtk_fault *fault, uint64_t seed,
                                        uint64_t trials, unsigned budget_ms,
                                        rtk_tally *tally);

#endif
