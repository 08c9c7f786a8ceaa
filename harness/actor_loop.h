#ifndef RTK_ACTOR_LOOP_H
#define RTK_ACTOR_LOOP_H

#include "harness/actors.h"

/* Open and close the instance of `actor`; nothing to do is RTK_OK.
 * MT-Unsafe race:actor. */
RTK_CHECKED rtk_status rtk_actor_open(rtk_actor *actor);
void rtk_actor_close(rtk_actor *actor);

/* Make the calls of `actor` until its budget is used. The first call that
 * fails ends them and is noted in the actor.
 * MT-Unsafe race:actor. */
void rtk_actor_loop(rtk_actor *actor);

/* Make the arrays ready for a call: outputs poisoned, arrays that are read and
 * written as they were filled. MT-Unsafe race:actor. */
void rtk_actor_restore(rtk_actor *actor);

/* Note that `actor` could not go on. MT-Unsafe race:actor. */
void rtk_actor_fail(rtk_actor *actor, rtk_status status, const char *message);

#endif
