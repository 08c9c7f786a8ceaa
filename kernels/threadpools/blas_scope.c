/* OpenBLAS has one thread count for the whole process, so a scope is a claim on
 * that count: equal claims are held together, unequal ones wait their turn.
 *
 * Open scopes are a list through their owners' memory, which a forked child can
 * go through: it keeps those of the thread that forked. */

#include "kernels/threadpools/threadpools.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Guards all that follows, and the links of every open scope. Held across a
 * fork. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static rtk_blas_scope *open_scopes;
static uint64_t next_turn, serving;
/* A count that a child inherited from a scope which it does not have. */
static void (*stale_set)(int);
static int stale_before;

static unsigned long self(void) {
    return (unsigned long)pthread_self();
}

static rtk_blas_scope *open_one(const rtk_blas *blas) {
    for (rtk_blas_scope *s = open_scopes; s; s = s->next)
        if (s->blas->set_threads == blas->set_threads) return s;
    return NULL;
}

static void link_in(rtk_blas_scope *scope) {
    scope->next = open_scopes;
    scope->link = &open_scopes;
    if (open_scopes) open_scopes->link = &scope->next;
    open_scopes = scope;
}

static void unlink_it(rtk_blas_scope *scope) {
    *scope->link = scope->next;
    if (scope->next) scope->next->link = scope->link;
}

/* ---- Fork -----------------------------------------------------------------
 */

static void before_fork(void) {
    pthread_mutex_lock(&lock);
}

static void parent_after_fork(void) {
    pthread_mutex_unlock(&lock);
}

static void child_after_fork(void) {
    rtk_blas_scope *next;
    for (rtk_blas_scope *s = open_scopes; s; s = next) {
        next = s->next;
        if (s->owner == self()) continue;
        unlink_it(s);
        if (open_one(s->blas)) continue;
        stale_set = s->blas->set_threads;
        stale_before = s->before;
    }
    next_turn = serving = 0;
    pthread_cond_init(&changed, NULL);
    pthread_mutex_unlock(&lock);
}

static void watch_forks(void) {
    /* Without memory for the handlers only a fork while busy is undefined. */
    (void)!pthread_atfork(before_fork, parent_after_fork, child_after_fork);
}

/* ---- Scopes ---------------------------------------------------------------
 */

static bool conflicts(const rtk_blas *blas, int threads) {
    const rtk_blas_scope *s = open_one(blas);
    return s && s->asked != threads;
}

/* With the lock. Whoever is served before us, and whoever ends a scope, wakes
 * us. */
static void wait_turn(const rtk_blas *blas, int threads) {
    uint64_t turn = next_turn++;
    while (serving != turn || conflicts(blas, threads))
        pthread_cond_wait(&changed, &lock);
    serving++;
    pthread_cond_broadcast(&changed);
}

static void set(const rtk_blas *blas, int threads, rtk_blas_scope *scope) {
    scope->before = blas->get_threads();
    if (stale_set == blas->set_threads) {
        scope->before = stale_before;
        stale_set = NULL;
    }
    if (blas->get_threads() != threads) blas->set_threads(threads);
    scope->effective = blas->get_threads();
}

rtk_status rtk_blas_scope_begin(const rtk_blas *blas, int threads,
                                rtk_blas_scope *scope) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    if (threads < 1) return RTK_EINVAL;
    pthread_once(&watched, watch_forks);
    *scope = (rtk_blas_scope){.blas = blas, .asked = threads, .owner = self()};
    pthread_mutex_lock(&lock);
    wait_turn(blas, threads);
    const rtk_blas_scope *other = open_one(blas);
    if (other) {
        scope->before = other->before;
        scope->effective = other->effective;
    } else {
        set(blas, threads, scope);
    }
    link_in(scope);
    pthread_mutex_unlock(&lock);
    return RTK_OK;
}

void rtk_blas_scope_end(rtk_blas_scope *scope) {
    pthread_mutex_lock(&lock);
    const rtk_blas *blas = scope->blas;
    unlink_it(scope);
    if (!open_one(blas)) {
        if (blas->get_threads() != scope->before)
            blas->set_threads(scope->before);
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
}
