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

/* What it answers. */
typedef struct rtk_sample {
    rtk_status status;
    char sentence[RTK_SIDE_SENTENCE]; /* why not RTK_OK */
    uint64_t calls, wall_ns;          /* of all calls */
} rtk_sample;

/* Start this program again as a co-process and stop it.
 *
 *   group  NULL, or the one group whose sides are numbered
 *
 * Returns RTK_OK or RTK_ETHREAD. MT-Unsafe race:coprocess. */
RTK_CHECKED rtk_status rtk_coprocess_start(rtk_coprocess *coprocess,
                                           const char *group);

/* Let it go on, measure side `side` with `calls` calls, and stop it again.
 *
 *   calls   0: open the side and find how many make a sample
 *   sample  out; a process that died is in its status.
 *
 * MT-Unsafe race:coprocess. */
void rtk_coprocess_ask(rtk_coprocess *coprocess, size_t side, uint64_t calls,
                       rtk_sample *sample);

/* Kill it and wait for its end. MT-Unsafe race:coprocess. */
void rtk_coprocess_end(rtk_coprocess *coprocess);

/* What the co-process does instead of main(): answer until nobody asks.
 * MT-Unsafe: the process is its. */
void rtk_coprocess_serve(const rtk_side *const *sides, size_t n);

#endif
