#ifndef RTK_PLAN_SCOPE_H
#define RTK_PLAN_SCOPE_H

/* Threads of FFTW plans. FFTW bakes the count of its planner into each plan,
 * and its planner is for one thread at a time, so there is no count to limit
 * but a scope in which plans are made: it holds a lock. */

#include "kernels/threadpools/pool_info.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An open scope, the caller's memory, which stays where it is until the end;
 * private. */
typedef struct rtk_plan_scope rtk_plan_scope;
struct rtk_plan_scope {
    void *planner;
    int before;
    uint64_t owner;
    rtk_plan_scope *outer;
};

/* Make the plans of this thread, until rtk_plan_scope_end(), with `threads`
 * threads each.
 *
 *   pools    stays until the end
 *   id       a copy whose scope is RTK_POOL_PLAN
 *   threads  1 or more
 *   scope    out, on success only
 *
 * Waits until no other thread has a scope of this module open on any copy (the
 * last rtk_plan_scope_end() wakes it); in between only this thread may make or
 * destroy plans and use wisdom, which is for the others to obey: FFTW's own
 * users do not know this lock. The first scope on a copy calls its
 * init_threads(). The count before is read where FFTW says it (3.3.9 and
 * later), else 1 is assumed. A scope in a scope of the same thread is allowed,
 * also on another copy, and must end first.
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED when the copy is no FFTW with
 * threads, or RTK_EFAILED when init_threads() failed.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_plan_scope_begin(rtk_pools *pools, uint64_t id,
                                            int threads, rtk_plan_scope *scope);

/* A scope that sets no count: for code that plans with an FFTW of its own, so
 * that it and the scopes of others wait for each other.
 *
 *   scope  out
 *
 * MT-Safe. */
void rtk_plan_scope_join(rtk_plan_scope *scope);

/* Restore the count and let others plan. The innermost scope first, and in the
 * thread that began it: otherwise RTK_EINVAL, which changes nothing.
 * MT-Safe. */
rtk_status rtk_plan_scope_end(rtk_plan_scope *scope);

#ifdef __cplusplus
}
#endif

#endif
