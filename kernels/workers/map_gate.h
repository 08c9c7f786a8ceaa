#ifndef RTK_MAP_GATE_H
#define RTK_MAP_GATE_H

/* A map that is not ours, and not believed. Internal to workers. */

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Let executor->map run `run` for 0 .. parts-1 and watch it.
 *
 *   loop  parts_run, map_fault and map_part are set, but for RTK_ENOMEM
 *
 * Returns what the map returned, or RTK_EMAP when it did not keep its promise,
 * or RTK_ENOMEM. No part is running when it returns.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_map_watched(const rtk_executor *executor,
                                       rtk_part run, void *arg, size_t parts,
                                       unsigned workers, rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
