#ifndef RTK_SAMPLE_SERVER_H
#define RTK_SAMPLE_SERVER_H

/* The second driver: a co-process that takes a sample when it is told to, so
 * that a coordinator can alternate two builds, each in a process of its own.
 * docs/coprocess.md says what crosses the pipes. */

#include <stdio.h>

#include "bench/sweep.h"

/* Serve until the requests end.
 *
 *   ask       which cells there are; budget, json and hooks are not used
 *   libraries an array of strings for the greeting: what was loaded; taken over
 *   requests  one a line
 *   replies   a descriptor: one JSON object a line
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL for cells that cannot be; RTK_ENOMEM; RTK_EIO when
 * nobody reads the replies. MT-Unsafe: one at a time in a process. */
RTK_CHECKED rtk_status rtk_serve(const rtk_sweep *ask, json_t *libraries,
                                 FILE *requests, int replies,
                                 char sentence[RTK_SENTENCE]);

#endif
