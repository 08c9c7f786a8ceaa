/* One set of pthread_atfork handlers for everything: they cannot be taken
 * back, but objects come and go. The list's lock is held across the fork, so
 * a child finds the list whole. */

#include "kernels/workers/fork_watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Guards `first` and the links of all watchers. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rtk_fork_watcher *first;
/* Two threads that come first together may both register: then the handlers
 * are called twice, and only the outer calls count. */
static _Atomic bool registered;
static _Thread_local unsigned depth;
static _Atomic unsigned forks;

static void before(void) {
    if (depth++) return;
    pthread_mutex_lock(&lock);
    for (rtk_fork_watcher *w = first; w; w = w->next)
        if (w->before) w->before(w->self);
}

static void parent(void) {
    if (--depth) return;
    for (rtk_fork_watcher *w = first; w; w = w->next)
        if (w->parent) w->parent(w->self);
    pthread_mutex_unlock(&lock);
}

static void child(void) {
    if (--depth) return;
    /* Relaxed: there is one thread. */
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
    for (rtk_fork_watcher *w = first; w; w = w->next)
        if (w->child) w->child(w->self);
    pthread_mutex_unlock(&lock);
}

/* A try that fails is repeated by the next caller. */
static bool enrol(void) {
    /* Relaxed: only whether it has been done. */
    if (atomic_load_explicit(&registered, memory_order_relaxed)) return true;
    if (pthread_atfork(before, parent, child)) return false;
    atomic_store_explicit(&registered, true, memory_order_relaxed);
    return true;
}

unsigned rtk_fork_count(void) {
    /* Without memory for the handlers no fork is seen. */
    (void)enrol();
    return atomic_load_explicit(&forks, memory_order_relaxed);
}

rtk_status rtk_fork_watch(rtk_fork_watcher *watcher) {
    if (!enrol()) return RTK_ENOMEM;
    pthread_mutex_lock(&lock);
    watcher->next = first;
    watcher->link = &first;
    if (first) first->link = &watcher->next;
    first = watcher;
    pthread_mutex_unlock(&lock);
    return RTK_OK;
}

void rtk_fork_unwatch(rtk_fork_watcher *watcher) {
    pthread_mutex_lock(&lock);
    if (watcher->link) {
        *watcher->link = watcher->next;
        if (watcher->next) watcher->next->link = watcher->link;
        watcher->link = NULL;
    }
    pthread_mutex_unlock(&lock);
}
