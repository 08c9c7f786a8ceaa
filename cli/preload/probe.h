#ifndef RTK_PROBE_H
#define RTK_PROBE_H

/* The object that `racetrack info -- PROGRAM` preloads into the program. It
 * tells which thread pools the process has: at its start, after something was
 * loaded, and last at its end, each time in place of what it told before. So a
 * process that is killed has told what it had until then.
 *
 * What it must not do: write to the program's descriptors, install signal
 * handlers, start threads, change a pool. It stands in front of pthread_create
 * (to count), dlopen (to notice what is loaded), _exit and exec (to tell before
 * the end); atexit tells of the rest. Libraries with pools stay loaded once
 * they were seen.
 *
 * RACETRACK_INFO_DIR names the folder for what it tells: a file for each
 * program image, <process>.<number>, written beside its place and renamed. A
 * forked child tells of itself at its end. */

#include <stdbool.h>

#define RTK_PROBE_EXPORT __attribute__((visibility("default")))

/* Whether this process tells: not before the start, nor in a child made by
 * vfork(), nor while this thread tells. MT-Safe, async-signal-safe. */
bool rtk_probe_may_tell(void);

/* Tell now, if it may.
 *
 *   when  "start", "load", "exec" or "exit"; a forked child does not tell of
 *         "exec"
 *
 * Waits a moment for another thread that is telling. Keeps errno.
 * MT-Safe. */
void rtk_probe_tell(const char *when);

/* Tell, if pools were loaded since. Not from a constructor. MT-Safe. */
void rtk_probe_look(void);

#endif
