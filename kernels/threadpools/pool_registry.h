#ifndef RTK_POOL_REGISTRY_H
#define RTK_POOL_REGISTRY_H

/* All copies that any controller of this process has, and the module's lock.
 * Internal to kernels/threadpools. */

#include "kernels/threadpools/pool_copy.h"

struct rtk_pools {
    rtk_copy **copy;
    size_t n;
    unsigned references; /* its owner and its open scopes */
    rtk_loader_counts counts;
    size_t customs;
};

/* Take and give back the lock. It guards all copies, settings, controllers and
 * scopes, and is held across a fork. It is never held while the loader's lock
 * is taken: a constructor of somebody's library may have that one.
 * MT-Safe. */
void rtk_pool_lock(void);
void rtk_pool_unlock(void);

/* With the lock: wait until somebody calls rtk_pool_wake(), who ends a scope or
 * stops to wait for one. MT-Safe. */
void rtk_pool_wait(void);
void rtk_pool_wake(void);

/* A number that no other thread of this process ever has, 1 or more; a child
 * has that of the thread that forked. MT-Safe. */
uint64_t rtk_thread_number(void);

/* Add those of `*drafts` that are new to the registry and to `pools`; what
 * remains, to be freed without the lock, is left in `*drafts`.
 *
 *   found  out: how many are new to `pools`
 *
 * With the lock. Returns RTK_OK, or RTK_ENOMEM, which changes nothing.
 * MT-Unsafe race:registry. */
RTK_CHECKED rtk_status rtk_registry_add(rtk_pools *pools, rtk_copy **drafts,
                                        size_t *found);

/* Give back a reference to `pools`. With the last, `pools` itself and the
 * copies in `*dead` that nobody else has are the caller's to free, without the
 * lock. With the lock; true if it was the last. MT-Unsafe race:registry. */
bool rtk_registry_release(rtk_pools *pools, rtk_copy **dead);

/* Another copy, an OpenMP runtime, whose setting `copy` obeys, or NULL. With
 * the lock. MT-Unsafe race:registry. */
const rtk_copy *rtk_registry_leader(const rtk_copy *copy);

/* The first of all settings. With the lock. MT-Unsafe race:registry. */
rtk_setting *rtk_registry_settings(void);

/* The count of a copy now, 0 if it is unknown, and all about it. With the lock.
 * MT-Unsafe race:registry. */
int rtk_copy_threads(const rtk_copy *copy);
void rtk_copy_info(const rtk_copy *copy, rtk_pool_info *info);

/* How many scopes are open on a setting, for this thread if it is a thread's.
 * With the lock. MT-Unsafe race:registry. */
unsigned rtk_setting_limits(rtk_setting *setting);

/* Free what rtk_registry_release() gave. Without the lock. MT-Safe. */
void rtk_pools_bury(rtk_pools *pools, rtk_copy *dead);

/* In a forked child, where `thread` is the only one: nobody else's scopes are
 * there. With the lock. MT-Unsafe race:registry. */
void rtk_limits_after_fork(uint64_t thread);
void rtk_planner_after_fork(uint64_t thread);

#endif
