#ifndef RTK_COPROCESS_H
#define RTK_COPROCESS_H

/* A process that measures sides when it is asked, and is stopped, with all its
 * threads, when it is not: many runtimes spin for a while after a loop. */

#include <sys/types.h>

#include "bench/peers/sides.h"

/* A co-process; belongs to one thread. */
typedef struct rtk_coprocess {
    pid_t pid; /* 0: not started, or over */
    int to, from;
} rtk_coprocess;

/* A question. */
typedef struct rtk_request {
    size_t side;
    uint64_t calls; /* 0: open the side and find how many make a sample */
} rtk_request;

/* Start this program again as a co-process, as `side` wants it, and stop it.
 * Its sides are numbered within the side's group.
 *
 * Returns RTK_OK or RTK_ETHREAD. MT-Unsafe race:coprocess. */
RTK_CHECKED rtk_status rtk_coprocess_start(rtk_coprocess *coprocess,
                                           const rtk_side *side);

/* Let it go on, ask, and stop it again.
 *
 *   sample  out; a process that died, or did not answer within a minute and
 *           was killed, is in its status
 *
 * MT-Unsafe race:coprocess. */
void rtk_coprocess_ask(rtk_coprocess *coprocess, rtk_request request,
                       rtk_sample *sample);

/* Kill it and wait for its end; nothing if it is over.
 * MT-Unsafe race:coprocess. */
void rtk_coprocess_end(rtk_coprocess *coprocess);

/* Read or write all n bytes. Returns whether that was possible. MT-Safe. */
bool rtk_coprocess_read(int fd, void *data, size_t n);
bool rtk_coprocess_write(int fd, const void *data, size_t n);

/* What the co-process does instead of main(): answer until nobody asks.
 * MT-Unsafe: the process is its. */
void rtk_coprocess_serve(rtk_sides sides);

#endif
