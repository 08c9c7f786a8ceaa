#ifndef RTK_INJECTION_H
#define RTK_INJECTION_H

#include "harness/actors.h"

/* Whether what the trial's axis "failure" asks for can be made to fail in this
 * program. MT-Safe. */
bool rtk_inject_possible(const rtk_trial *trial);

/* Around call `n` of `actor`, on the thread that makes it: count what it
 * allocates or starts, and in every second call let one of them fail, which one
 * is drawn. Nothing happens unless the trial's conditions say so.
 * MT-Unsafe race:actor. */
void rtk_inject_begin(rtk_actor *actor, uint64_t n);

/* End that. Returns whether something failed on purpose, so that a call may
 * give any status; one that gives RTK_OK must still be right. MT-Unsafe
 * race:actor. */
bool rtk_inject_end(rtk_actor *actor);

#endif
