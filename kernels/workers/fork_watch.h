#ifndef RTK_FORK_WATCH_H
#define RTK_FORK_WATCH_H

/* Objects that must be put right in a forked child. Internal to the ground
 * floor and the kernels. */

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One watched object, a part of it. The links are guarded by a lock of this
 * module; the callbacks are set before rtk_fork_watch() and read-only after.
 * All are optional and called by the thread that forks, with `self`: before()
 * in the parent, parent() and child() after. In the child that thread is the
 * only one. */
typedef struct rtk_fork_watcher rtk_fork_watcher;
struct rtk_fork_watcher {
    void (*before)(void *self);
    void (*parent)(void *self);
    void (*child)(void *self);
    void *self;
    rtk_fork_watcher *next, **link;
};

/* Watch; the object must stay until rtk_fork_unwatch() or the process's end.
 * Returns RTK_OK, or RTK_ENOMEM when handlers cannot be registered.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fork_watch(rtk_fork_watcher *watcher);

/* How many forks lie between this process and the first that asked: a number
 * that changes in a part tells that this is now a child. MT-Safe. */
unsigned rtk_fork_count(void);

/* Watch no longer; one that is not watched is allowed. MT-Safe. */
void rtk_fork_unwatch(rtk_fork_watcher *watcher);

#ifdef __cplusplus
}
#endif

#endif
