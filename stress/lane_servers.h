#ifndef RTK_LANE_SERVERS_H
#define RTK_LANE_SERVERS_H

/* The processes that run the trials of one plug-in in one lane. */

#include <stdio.h>

#include "harness/plugin.h"
#include "harness/supervise/server.h"

/* One server for each way of starting trials of one plug-in in one lane. */
typedef struct rtk_lane_servers {
    const char *plugin, *lane;
    char runner[4096];
    rtk_server warm, cold;
    json_t *hello;          /* of the first that was started */
    char why[RTK_SENTENCE]; /* the lane proves nothing: why; else "" */
} rtk_lane_servers;

/* Start the server for `lane` and learn what the plug-in holds.
 *
 *   runners   folder of the racetrack-runner programs
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL when the plug-in cannot be used; RTK_EIO when the
 * runner cannot; RTK_ECANCELLED. An uninstrumented plug-in is RTK_OK with
 * `why` set. MT-Safe. */
RTK_CHECKED rtk_status rtk_lane_open(rtk_lane_servers *servers,
                                     const char *runners, const char *plugin,
                                     const char *lane,
                                     char sentence[RTK_SENTENCE]);
void rtk_lane_close(rtk_lane_servers *servers);

/* The server that starts trials cold, or warm; started first if need be, or
 * again when it was lost.
 *
 *   server  out; the servers' own
 *
 * Returns as rtk_lane_open(). MT-Unsafe race:servers. */
RTK_CHECKED rtk_status rtk_lane_server(rtk_lane_servers *servers, bool cold,
                                       rtk_server **server);

#endif
