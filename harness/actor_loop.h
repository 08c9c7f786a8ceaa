#ifndef RTK_ACTOR_LOOP_H
#define RTK_ACTOR_LOOP_H

#include "harness/actors.h"

/* Open and close the instance of `task`; nothing to do is RTK_OK.
 * MT-Unsafe race:task. */
RTK_CHECKED rtk_status rtk_task_open(rtk_task *task, const rtk_trial *trial);
void rtk_task_close(rtk_task *task, const rtk_trial *trial);

/* Open and close the instances of all tasks of `actor`. After a failure those
 * that were opened stay open. MT-Unsafe race:actor. */
RTK_CHECKED rtk_status rtk_actor_open(rtk_actor *actor);
void rtk_actor_close(rtk_actor *actor);

/* Make one call of `task` as `actor`, on `arrays`; no more than the call.
 * MT-Unsafe race:task. */
RTK_CHECKED rtk_status rtk_actor_call(const rtk_actor *actor,
                                      const rtk_task *task, void *instance,
                                      const rtk_arrays *arrays, int64_t workers,
                                      uint64_t round, rtk_call *call);

/* Make the calls of `actor` until its budget is used. The first call that
 * fails ends them and is noted in the actor.
 * MT-Unsafe race:actor. */
void rtk_actor_loop(rtk_actor *actor);

/* Note that `actor` could not go on. MT-Unsafe race:actor. */
void rtk_actor_fail(rtk_actor *actor, rtk_status status, const char *message);

#endif
