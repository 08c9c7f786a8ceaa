#ifndef RTK_KEPT_OUTPUTS_H
#define RTK_KEPT_OUTPUTS_H

#include "harness/actors.h"

/* Give `visit` the outputs that each task has kept, with the call that made
 * them: of its first call, and of the first that differed from it. Tasks whose
 * outputs differed come first; the rest is left when the oracle is late.
 * MT-Unsafe race:team. */
void rtk_kept_visit(rtk_team *team,
                    void (*visit)(rtk_actor *actor, rtk_task *task,
                                  const rtk_arrays *outputs,
                                  const rtk_call *call));

/* Where two sets of outputs first differ, as a sentence; false if nowhere.
 * MT-Safe. */
bool rtk_kept_difference(const rtk_arrays *x, const rtk_arrays *y, char *text,
                         size_t room);

/* One call of `task` with one worker, now, into its arrays, with the task's
 * instance or one that is opened for it.
 *
 *   opened  out: false when none could be opened, which is no finding
 *
 * Returns as the call did. MT-Unsafe race:team. */
RTK_CHECKED rtk_status rtk_kept_serial(rtk_actor *actor, rtk_task *task,
                                       rtk_call *call, bool *opened);

#endif
