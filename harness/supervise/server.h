#ifndef RTK_SERVER_H
#define RTK_SERVER_H

/* The supervisor's end of a helper process that speaks lines of JSON: a lane's
 * runner, or a benchmark program. */

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "kernels/workers/status.h"

/* A started process; belongs to one thread. */
typedef struct rtk_server {
    pid_t process;
    int requests, lines; /* descriptors; -1 when closed */
    char *text;          /* bytes read, not yet a whole line */
    size_t used, room;
} rtk_server;

/* Note that the user wants to stop: SIGINT and SIGTERM from now on end every
 * wait below with RTK_ECANCELLED. MT-Unsafe: call once, at the start. */
void rtk_interrupt_watch(void);

/* The signal that asked to stop, or 0. MT-Safe. */
int rtk_interrupted(void);

/* Start `argv[0]` with its lines on descriptor 3.
 *
 *   server  out, on success only; release with rtk_server_stop()
 *   argv    NULL-terminated
 *
 * Returns RTK_OK, RTK_ETHREAD or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_server_start(rtk_server *server, char *const argv[]);

/* Send one request; the caller keeps `request`.
 * Returns RTK_OK, or RTK_EIO when the process is gone.
 * MT-Unsafe race:server. */
RTK_CHECKED rtk_status rtk_server_send(rtk_server *server,
                                       const json_t *request);

/* Wait for the next line.
 *
 *   timeout_ms  of silence; 0 = for ever
 *   line        out, on success only; the caller's
 *
 * Returns RTK_OK; RTK_EIO when the process ended or said nothing for too long;
 * RTK_EFAILED when the line is not JSON; RTK_ECANCELLED on a signal.
 * MT-Unsafe race:server. */
RTK_CHECKED rtk_status rtk_server_next(rtk_server *server, unsigned timeout_ms,
                                       json_t **line);

/* End the process and all it started, and release the rest. Returns its exit
 * code, or minus its signal. MT-Unsafe race:server. */
int rtk_server_stop(rtk_server *server);

#endif
