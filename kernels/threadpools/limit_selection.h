#ifndef RTK_LIMIT_SELECTION_H
#define RTK_LIMIT_SELECTION_H

/* What a scope's limits select. Internal to kernels/threadpools; all with the
 * module's lock. */

#include "kernels/threadpools/pool_registry.h"

/* A copy that a scope selected. */
typedef struct rtk_pick {
    rtk_copy *copy;
    rtk_limit_report report;
    rtk_entry *entry; /* `memory` or an earlier pick's of the same setting, or
                         NULL where there is nothing to set */
    rtk_entry memory;
} rtk_pick;

struct rtk_limits {
    rtk_pools *pools;
    uint64_t owner; /* rtk_thread_number() */
    unsigned flags;
    bool of_thread; /* has a setting of a thread */
    rtk_limits *next_waiting;
    size_t n;
    rtk_pick pick[];
};

/* Fill the picks of a scope that has room for one of each copy. Returns RTK_OK,
 * or
 * RTK_EUNSUPPORTED if an FFT is asked for by name or, in a strict scope, a
 * limit selects nothing. MT-Unsafe race:registry. */
RTK_CHECKED rtk_status rtk_limits_select(rtk_limits *scope,
                                         const rtk_limit_request *request);

/* Add a pick. MT-Unsafe race:registry. */
void rtk_limits_pick(rtk_limits *scope, rtk_copy *copy, int asked);

/* Fill the reports of a scope that is open. Returns RTK_OK, or
 * RTK_EUNSUPPORTED if it is strict and not all is as asked.
 * MT-Unsafe race:registry. */
RTK_CHECKED rtk_status rtk_limits_judge(rtk_limits *scope);

#endif
