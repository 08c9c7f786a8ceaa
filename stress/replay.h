#ifndef RTK_REPLAY_H
#define RTK_REPLAY_H

#include "stress/again.h"

/* What a replay came to: trials, and those that showed the finding again. */
typedef struct rtk_replay {
    unsigned times, seen;
} rtk_replay;

/* Run the trial that showed a finding again, `times` times with its seed.
 *
 *   result  out, in every case
 *
 * Returns RTK_OK; RTK_EIO when the lane is lost; RTK_ECANCELLED.
 * MT-Unsafe race:again. */
RTK_CHECKED rtk_status rtk_replay_run(rtk_again *again, unsigned times,
                                      rtk_replay *result);

#endif
