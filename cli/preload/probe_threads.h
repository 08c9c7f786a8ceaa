#ifndef RTK_PROBE_THREADS_H
#define RTK_PROBE_THREADS_H

/* Threads of the program that is looked at, counted by the function that they
 * start in: the threads of a pool start inside its library, those of the
 * program elsewhere. Counted without a lock, from the first thread on. */

#include <stddef.h>
#include <stdint.h>

enum { RTK_PROBE_STARTS = 64 };

/* Threads that started in one function. */
typedef struct rtk_probe_start {
    uintptr_t function; /* 0: not used */
    unsigned most;      /* at one time */
} rtk_probe_start;

/* Copy what was counted so far.
 *
 *   starts  out; functions beyond its room share the last place
 *
 * Returns the most threads that the process had whenever one was started, the
 * first one included. MT-Safe, async-signal-safe. */
unsigned rtk_probe_threads(rtk_probe_start starts[RTK_PROBE_STARTS]);

/* Start anew with one thread, in a forked child. MT-Unsafe race:process. */
void rtk_probe_threads_forget(void);

#endif
