#ifndef RTK_MAP_GATE_H
#define RTK_MAP_GATE_H

/* A map that is not ours, and not believed. Internal to workers. */

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_map_gate rtk_map_gate;

/* What the parts of a loop pass through, or NULL when there is no memory.
 * rtk_map_watched() releases it. MT-Safe. */
rtk_map_gate *rtk_map_gate_new(rtk_part run, void *arg, size_t parts);

/* Let executor->map run the parts behind `g` and watch it.
 *
 *   loop  parts_run, map_fault and map_part are set
 *
 * Returns what the map returned, RTK_EMAP with a map_fault when it did not keep
 * its promise, or RTK_ECANCELLED in a child that was forked inside a part. No
 * part is running when it returns.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_map_watched(const rtk_executor *executor,
                                       rtk_map_gate *g, unsigned workers,
                                       rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
