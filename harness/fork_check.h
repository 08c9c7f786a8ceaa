#ifndef RTK_FORK_CHECK_H
#define RTK_FORK_CHECK_H

#include "harness/actors.h"

/* Fork while other actors may be in their calls, use the subject in the child,
 * with the instance it has and with one of its own, and wait for its end. What
 * the child sees becomes findings; a child that hangs keeps its parent waiting,
 * which is what the watch over the trial looks for.
 *
 *   n  number of the call that `actor` has just made
 *
 * MT-Unsafe race:actor. */
void rtk_actor_fork(rtk_actor *actor, uint64_t n);

#endif
