#ifndef RTK_FORK_CHECK_H
#define RTK_FORK_CHECK_H

#include "harness/actors.h"

/* Fork while other actors may be in their calls, use the subject in the child,
 * with the instance it has and with one of its own, and wait for its end. What
 * the child sees becomes findings; a child that hangs keeps its parent waiting,
 * which is what the watch over the trial looks for.
 * Who forks, and what the child does then, is a condition of the trial.
 *
 *   n  number of the call that `actor` has just made
 *
 * MT-Unsafe race:actor. */
void rtk_actor_fork(rtk_actor *actor, uint64_t n);

/* Begin in the child of a fork: end with `parent`, a process ID, whatever
 * comes; where the conditions of `trial` want it, fork again, and go on in the
 * child's child while the child waits to end as that does. MT-Unsafe: the
 * process must have no other thread. */
void rtk_fork_follow(const rtk_trial *trial, pid_t parent);

/* End the child of a fork as the conditions of `trial` want it: at once, or by
 * exit(), which runs what the library has registered.
 * MT-Unsafe: the process must have no other thread in its calls. */
_Noreturn void rtk_fork_end(const rtk_trial *trial);

#endif
