#ifndef RTK_COMMON_H
#define RTK_COMMON_H

/* Memory that processes share by a descriptor, as those must that do not
 * descend from each other by fork alone: a file without a name, of which pieces
 * are mapped one behind the other. Who asks for the same pieces in the same
 * order has the same memory, each process at addresses of its own. */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/workers/status.h"

/* Belongs to one thread. */
typedef struct rtk_common {
    int fd;      /* -1: there is none */
    size_t used; /* bytes that were asked for so far, whole pages */
    bool joined; /* another process made it: what is in it stays as it is */
} rtk_common;

/* Make an empty one; its descriptor is closed on exec.
 *
 *   common  out, on success only; release with rtk_common_close()
 *
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_common_new(rtk_common *common);

/* Begin with the first piece of one that another process has made.
 *
 *   fd  of its file; the memory's from now on, closed on exec
 *
 * MT-Safe. */
void rtk_common_join(rtk_common *common, int fd);

/* Close the descriptor; pieces stay mapped. MT-Unsafe race:common. */
void rtk_common_close(rtk_common *common);

/* Map the next piece, readable and writable: zeros, when it is new.
 *
 *   at     where, on a page, over what is mapped there; NULL: anywhere
 *   bytes  at least 1
 *
 * Returns where, or NULL: no memory, or who made the memory has no such piece.
 * The pages stay until they are unmapped. MT-Unsafe race:common. */
void *rtk_common_map(rtk_common *common, void *at, size_t bytes);

#endif
