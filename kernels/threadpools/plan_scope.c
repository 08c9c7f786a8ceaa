#include "kernels/threadpools/plan_scope.h"

#include "kernels/threadpools/fftw_pool.h"
#include "kernels/threadpools/pool_registry.h"

/* All of them belong to one thread. Guarded by the module's lock; who wants to
 * plan waits until it is NULL, and rtk_plan_scope_end() wakes them. */
static rtk_plan_scope *innermost;

/* A scope of another thread never ends here: its thread is gone, and may have
 * been in the planner. */
void rtk_planner_after_fork(uint64_t thread) {
    if (innermost && innermost->owner != thread) innermost = NULL;
}

static rtk_copy *search(const rtk_pools *pools, uint64_t id) {
    for (size_t i = 0; i < pools->n; i++)
        if (pools->copy[i]->id == id) return pools->copy[i];
    return NULL;
}

static rtk_status check(const rtk_copy *copy) {
    if (!copy) return RTK_EINVAL;
    return copy->scope == RTK_POOL_PLAN && copy->controllable
               ? RTK_OK
               : RTK_EUNSUPPORTED;
}

static void set(rtk_copy *copy, int threads) {
    ((void (*)(int))copy->function[RTK_FFTW_SET])(threads);
    copy->planned = threads;
}

/* Before its first use: otherwise plan_with_nthreads() does it, by a clean-up
 * that takes all plans that there are along. */
static rtk_status prepare(rtk_copy *copy) {
    int (*init)(void) = (int (*)(void))copy->function[RTK_FFTW_INIT];
    if (copy->planner_ready) return RTK_OK;
    if (!init()) return RTK_EFAILED;
    copy->planner_ready = true;
    copy->planned = 1;
    return RTK_OK;
}

rtk_status rtk_plan_scope_begin(rtk_pools *pools, uint64_t id, int threads,
                                rtk_plan_scope *scope) {
    if (threads < 1) return RTK_EINVAL;
    uint64_t me = rtk_thread_number();
    rtk_pool_lock();
    rtk_copy *copy = search(pools, id);
    rtk_status status = check(copy);
    while (!status && innermost && innermost->owner != me) rtk_pool_wait();
    if (!status) status = prepare(copy);
    if (!status) {
        int before = rtk_fftw_threads(copy);
        *scope = (rtk_plan_scope){.planner = copy,
                                  .before = before ? before : copy->planned,
                                  .owner = me,
                                  .outer = innermost};
        innermost = scope;
        set(copy, threads);
    }
    rtk_pool_unlock();
    return status;
}

void rtk_plan_scope_join(rtk_plan_scope *scope) {
    uint64_t me = rtk_thread_number();
    rtk_pool_lock();
    /* The last rtk_plan_scope_end() of the other thread wakes this one. */
    while (innermost && innermost->owner != me) rtk_pool_wait();
    *scope = (rtk_plan_scope){.owner = me, .outer = innermost};
    innermost = scope;
    rtk_pool_unlock();
}

rtk_status rtk_plan_scope_end(rtk_plan_scope *scope) {
    rtk_pool_lock();
    bool ends = innermost == scope && scope->owner == rtk_thread_number();
    if (ends) {
        if (scope->planner) set(scope->planner, scope->before);
        innermost = scope->outer;
        rtk_pool_wake();
    }
    rtk_pool_unlock();
    return ends ? RTK_OK : RTK_EINVAL;
}
