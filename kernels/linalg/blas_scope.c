#include "kernels/linalg/blas_scope.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernels/linalg/linalg.h"
#include "kernels/threadpools/threadpools.h"
#include "kernels/workers/fork_watch.h"

/* Guards all that follows. Held while a scope begins, too, which may wait for
 * somebody's exclusive one: nobody is inside then. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Those who wait, in order of arrival, each on its own stack. The first is
 * woken by the one before it that has entered, and by the last who leaves. */
typedef struct waiter {
    struct waiter *next;
    pthread_cond_t turn;
} waiter;
static waiter *first, *last;

static unsigned inside;
static int wanted; /* by those inside */
static bool exactly;

/* The scope that those inside share, opened by `opener`; NULL: none was
 * possible. `stale` is one that the parent's threads had at a fork. */
static rtk_limits *scope, *stale;
static pthread_t opener;

/* All libraries of the process, kept as it takes a millisecond to find them,
 * and which of them is ours; 0: it has no threads that can be limited. */
static rtk_pools *pools;
static uint64_t ours;

/* ---- Forks -----------------------------------------------------------------
 */

/* Those who were inside are threads of the parent; threadpools forgets their
 * scopes, but for one that the forking thread began. */
static void child(void *self) {
    (void)self;
    pthread_mutex_init(&lock, NULL);
    if (inside && pthread_equal(opener, pthread_self())) stale = scope;
    scope = NULL;
    first = last = NULL;
    inside = 0;
}

static void __attribute__((constructor)) watch(void) {
    static rtk_fork_watcher watcher = {.child = child};
    /* Without memory for it only a fork while busy is undefined. */
    (void)!rtk_fork_watch(&watcher);
}

/* ---- Scopes ----------------------------------------------------------------
 */

static uint64_t find(void) {
    Dl_info where;
    rtk_pool_info info;
    void *symbol;
    __typeof__(&cblas_dgemm) gemm = cblas_dgemm;
    _Static_assert(sizeof symbol == sizeof gemm, "as POSIX wants it");
    __builtin_memcpy(&symbol, &gemm, sizeof symbol);
    if (!dladdr(symbol, &where)) return 0;
    for (size_t i = 0; !rtk_pools_info(pools, i, &info); i++)
        if (info.base == (uintptr_t)where.dli_fbase && info.controllable &&
            info.user_api == RTK_POOL_BLAS)
            return info.id;
    return 0;
}

static rtk_status look(void) {
    if (pools) return RTK_OK;
    rtk_status s = rtk_pools_new(&pools);
    if (!s) ours = find();
    return s;
}

static rtk_status begin(int threads, bool exact) {
    rtk_limit limit = {.threads = threads};
    rtk_limit_request request = {
        .size = sizeof request,
        .limits = &limit,
        .n_limits = 1,
        .flags = exact ? RTK_LIMIT_GROW | RTK_LIMIT_STRICT : 0};
    rtk_limits_end(stale, NULL);
    stale = NULL;
    rtk_status s = look();
    if (s || !ours) return s || !exact || threads == 1 ? s : RTK_EUNSUPPORTED;
    limit.id = ours;
    s = rtk_limits_begin(pools, &request, &scope);
    opener = pthread_self();
    /* The calling thread has an exclusive scope of its own, which decides. */
    return s == RTK_EINVAL ? RTK_OK : s;
}

static bool fits(int threads, bool exact) {
    return !inside || (wanted == threads && exactly == exact);
}

static void wake(void) {
    if (first) pthread_cond_signal(&first->turn);
}

/* Wait until this call is the first in line, and fits. */
static void queue(int threads, bool exact) {
    waiter me = {NULL, PTHREAD_COND_INITIALIZER};
    if (!first && fits(threads, exact)) return;
    if (last) last->next = &me;
    if (!first) first = &me;
    last = &me;
    while (first != &me || !fits(threads, exact))
        pthread_cond_wait(&me.turn, &lock);
    first = me.next;
    if (!first) last = NULL;
    pthread_cond_destroy(&me.turn);
}

rtk_status rtk_blas_scope_enter(int threads, int exact) {
    pthread_mutex_lock(&lock);
    queue(threads, exact);
    rtk_status s = inside ? RTK_OK : begin(threads, exact);
    if (!s) {
        inside++;
        wanted = threads;
        exactly = exact;
    }
    wake();
    pthread_mutex_unlock(&lock);
    return s;
}

void rtk_blas_scope_leave(void) {
    pthread_mutex_lock(&lock);
    if (--inside == 0) {
        rtk_limits_end(scope, NULL);
        scope = NULL;
        wake();
    }
    pthread_mutex_unlock(&lock);
}

void rtk_linalg_release(void) {
    pthread_mutex_lock(&lock);
    rtk_limits_end(stale, NULL);
    stale = NULL;
    rtk_pools_free(pools);
    pools = NULL;
    pthread_mutex_unlock(&lock);
}
