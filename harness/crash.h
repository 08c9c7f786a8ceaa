#ifndef RTK_CRASH_H
#define RTK_CRASH_H

#include "harness/actors.h"

/* Turn fatal signals of this process into findings: a write to a read-only
 * input is the oracle "inputs", a step into a guard page "canary", the rest
 * "crash"; then the process ends with the signal.
 *
 *   team  whose arrays are looked up; may be NULL
 *
 * MT-Unsafe: call before threads are started. */
void rtk_crash_watch(const rtk_team *team);

/* Whether a crash is being told, by some thread. MT-Safe, async-signal-safe. */
bool rtk_crash_tells(void);

#endif
