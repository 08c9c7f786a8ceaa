#ifndef RTK_AGAIN_H
#define RTK_AGAIN_H

/* A finding's trial, to be run again: as it was, or changed. */

#include "stress/cell.h"

/* Belongs to one thread; release with rtk_again_close(). */
typedef struct rtk_again {
    rtk_session *session;
    rtk_lane_servers servers;
    json_t *run, *finding, *trial; /* the records */
    json_t *request;               /* what makes the trial what it was */
    char path[4096];               /* of the records */
} rtk_again;

/* Find a finding and its trial, and start the lane.
 *
 *   runners   folder of the runner programs
 *   address   FILE#ID or FOLDER#ID, as findings print it
 *   again     out, on success only
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL when there is no such finding; RTK_EIO when the
 * lane cannot be started; RTK_ECANCELLED. MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_again_open(rtk_session *session, const char *runners,
                                      const char *address, rtk_again *again,
                                      char sentence[RTK_SENTENCE]);

/* Run the trial once, as `request` says (again->request: as it was).
 *
 *   seen  out, on success only: whether the finding showed again
 *
 * Returns RTK_OK, RTK_EIO when the lane was lost, RTK_ECANCELLED.
 * MT-Unsafe race:again. */
RTK_CHECKED rtk_status rtk_again_try(rtk_again *again, json_t *request,
                                     bool *seen);

/* Release. MT-Unsafe race:again. */
void rtk_again_close(rtk_again *again);

/* What `seen` of `times` trials say of the rate at which a finding shows, with
 * its exact 95 % interval, as a sentence.
 *
 *   text  out: of `room` bytes
 *
 * MT-Safe. */
void rtk_again_rate(unsigned seen, unsigned times, char *text, size_t room);

#endif
