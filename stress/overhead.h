#ifndef RTK_OVERHEAD_H
#define RTK_OVERHEAD_H

#include "stress/campaign.h"

/* Measure what a trial costs: trials of the smallest reference subject against
 * as many processes that are only forked and waited for, by the same runner,
 * in turns. Writes a record "peer" and prints a line.
 *
 *   plan  runners, and the plug-in with "reduce.sum"
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_EIO or RTK_ECANCELLED.
 * MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_overhead_run(rtk_session *session,
                                        const rtk_plan *plan);

#endif
