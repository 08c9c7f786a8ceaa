#ifndef RTK_EXECUTORS_H
#define RTK_EXECUTORS_H

/* What the loop and the executors made here know of each other. Internal to
 * workers. */

#include <stdbool.h>

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A loop as an executor of ours gets it. Read-only while it runs. */
typedef struct rtk_shares {
    /* Runs the parts from .. to-1, or notes them as left out. */
    void (*range)(void *arg, size_t from, size_t to);
    void *arg;
    size_t parts; /* 1 or more */
    unsigned workers;
    rtk_schedule schedule;
    uint64_t part_ns; /* 0: not known */
    const void *key;  /* of what was learned about such parts; NULL: nothing */
    const rtk_cancel *cancel;
} rtk_shares;

/* What came of it. */
typedef struct rtk_shared {
    unsigned effective;
    bool cut_off; /* too small to share */
} rtk_shared;

/* Share a loop among the caller and the helpers of `pool`.
 *
 *   shared  out
 *
 * Returns RTK_OK, or RTK_ECANCELLED in a child that was forked inside a part.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_share(rtk_pool *pool, const rtk_shares *shares,
                                      rtk_shared *shared);

/* map() of rtk_executor_serial(); `self` and `workers` are not used.
 * Returns RTK_OK. MT-Safe. */
rtk_status rtk_serial_map(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers);

/* map() of a thread pool, for those who call it themselves; `self` is the
 * rtk_pool.
 * Returns as rtk_pool_share(). MT-Safe. */
rtk_status rtk_pool_map(void *self, rtk_part run, void *arg, size_t parts,
                        unsigned workers);

/* rtk_work_run(), with what is learned of the parts' cost kept under `key`
 * instead of work->run. MT-Safe. */
RTK_CHECKED rtk_status rtk_work_run_as(const rtk_work *work, const void *key,
                                       rtk_loop *loop);

/* Make every loop of the calling thread run serially from now on, as inside a
 * part: for a process that serves the parts of another. MT-Safe. */
void rtk_loop_enter_worker(void);

/* Whether the calling thread is inside a part. MT-Safe. */
bool rtk_loop_in_part(void);

#ifdef __cplusplus
}
#endif

#endif
