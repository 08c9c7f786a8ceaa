#ifndef RTK_CRASH_H
#define RTK_CRASH_H

#include <signal.h>

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

/* The stack on which a thread tells of its own end: its usual one may be what
 * has come to an end. */
typedef struct rtk_crash_stack {
    stack_t before;
    void *memory; /* NULL: there is none */
} rtk_crash_stack;

/* Give one to the calling thread, and take it back. Without memory for it, the
 * thread goes on without. The stack is set in every case.
 * MT-Safe. */
void rtk_crash_stack_give(rtk_crash_stack *stack);
void rtk_crash_stack_take(rtk_crash_stack *stack);

#endif
