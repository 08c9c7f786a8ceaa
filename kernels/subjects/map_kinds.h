#ifndef RTK_MAP_KINDS_H
#define RTK_MAP_KINDS_H

/* Maps as a caller may bring them, for map.apply. All are MT-Safe and need no
 * release. */

#include "kernels/workers/workers.h"

/* Threads of its own for every loop, items in reverse order. */
extern const rtk_executor rtk_map_user;

/* All items in one go, as a vectorised function takes them. */
extern const rtk_executor rtk_map_whole;

/* Breaks its contract: the last part is never run. */
extern const rtk_executor rtk_map_short;

/* Runs all parts, then fails with RTK_EIO. */
extern const rtk_executor rtk_map_failing;

#endif
