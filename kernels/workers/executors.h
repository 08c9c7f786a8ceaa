#ifndef RTK_EXECUTORS_H
#define RTK_EXECUTORS_H

/* What the loop knows about the executors made here. Internal to workers. */

#include <stdbool.h>

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* map() of rtk_executor_serial(); `self` and `workers` are not used.
 * Returns RTK_OK. MT-Safe. */
rtk_status rtk_serial_map(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers);

/* map() of a thread pool; `self` is the rtk_pool.
 * Returns RTK_OK, or RTK_ECANCELLED in a child that was forked inside a part.
 * MT-Safe. */
rtk_status rtk_pool_map(void *self, rtk_part run, void *arg, size_t parts,
                        unsigned workers);

#ifdef __cplusplus
}
#endif

#endif
