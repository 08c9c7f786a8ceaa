#ifndef RTK_FAULT_HELPER_H
#define RTK_FAULT_HELPER_H

/* A thread that a twin keeps for its calls: a pool of one, sound in itself. */

#include <pthread.h>

#include "stress/faults/fault_common.h"

typedef enum rtk_helper_state {
    RTK_HELPER_IDLE,
    RTK_HELPER_BUSY,
    RTK_HELPER_ENDED
} rtk_helper_state;

/* All fields but `thread` belong to who holds `lock`. */
typedef struct rtk_helper {
    pthread_t thread; /* set before others see the helper */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled whenever `state` changes */
    rtk_helper_state state;
    const rtk_views *views; /* of the call at work */
} rtk_helper;

/* Start a helper.
 *
 *   helper  out, on success only
 *
 * Returns RTK_OK, RTK_ENOMEM or RTK_ETHREAD.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_helper_new(rtk_helper **helper);

/* Let the helper do rtk_twin_work() on `views`, and wait for it.
 * MT-Safe. */
void rtk_helper_work(rtk_helper *helper, const rtk_views *views);

/* Tell the helper to end; it still has to be joined and freed.
 * MT-Safe. */
void rtk_helper_end(rtk_helper *helper);

/* End, join and free. MT-Unsafe race:helper. */
void rtk_helper_free(rtk_helper *helper);

#endif
