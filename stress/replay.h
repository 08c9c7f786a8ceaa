#ifndef RTK_REPLAY_H
#define RTK_REPLAY_H

#include "stress/cell.h"

/* What a replay came to. */
typedef struct rtk_replay {
    unsigned times, seen; /* trials, and those that showed the finding again */
    char summary[RTK_SENTENCE];
} rtk_replay;

/* Run the trial that showed a finding again, `times` times with its seed.
 *
 *   runners   folder of the runner programs
 *   address   FILE#ID or FOLDER#ID, as findings print it
 *   result    out, in every case
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL when there is no such finding; RTK_EIO when the
 * lane is lost; RTK_ECANCELLED. MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_replay_run(rtk_session *session, const char *runners,
                                      const char *address, unsigned times,
                                      rtk_replay *result,
                                      char sentence[RTK_SENTENCE]);

#endif
