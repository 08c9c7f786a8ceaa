#ifndef RTK_POOL_LIMITS_H
#define RTK_POOL_LIMITS_H

/* Scopes that limit the threads of libraries.
 *
 * A setting of the whole process has a list of the scopes that are open on it:
 * its value is the least that any of them wants, whatever the order in which
 * they begin and end, in one thread or many; the value before the first comes
 * back when the last ends. A setting of a thread (OpenMP; MKL) is the same for
 * each thread apart: such a scope ends in the thread that began it, and
 * rtk_limits_apply_here() lets other threads take part. FFTW has no such
 * setting; see plan_scope.h. Nothing is restored that a scope did not touch.
 *
 * To change a count while calls of that library run is the library's affair:
 * most do not like it. RTK_LIMIT_EXCLUSIVE keeps scopes apart.
 *
 * State is kept once for each loaded copy of this module. A program and its
 * plug-ins that link it statically have one each, which see each other's
 * changes as foreign. */

#include <limits.h>

#include "kernels/threadpools/pool_info.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /* A limit that limits nothing: what it selects is left alone. */
    RTK_NO_LIMIT = INT_MAX
};

typedef enum rtk_limit_flags {
    /* A count above the present one and above the CPUs this process may use
     * starts threads which some libraries never end. Without this flag such a
     * count is lowered to the larger of the two. */
    RTK_LIMIT_GROW = 1,
    /* This scope's count is the value while it is the newest that is open, even
     * if an older one wants less. */
    RTK_LIMIT_LATEST = 2,
    /* The value is this count from the begin to the end of the scope. Scopes
     * with equal counts share; one that would change the value waits. */
    RTK_LIMIT_EXCLUSIVE = 4,
    /* All or nothing: fail when a limit selects nothing, or when a library does
     * not do as it is told, or does not say. */
    RTK_LIMIT_STRICT = 8,
    /* When somebody else changed the value meanwhile: overwrite it. Without
     * this flag, what they set is what comes back after the last scope. */
    RTK_LIMIT_OVERWRITE = 16,
    /* Look for new libraries first, as rtk_pools_refresh() does. */
    RTK_LIMIT_REFRESH = 32
} rtk_limit_flags;

/* One limit and what it selects: a copy must satisfy all that is given. Zero
 * and NULL select everything. When several limits select one setting, the
 * least counts. */
typedef struct rtk_limit {
    int threads; /* 1 or more, or RTK_NO_LIMIT */
    rtk_pool_api user_api;
    const char *internal_api;
    const char *prefix; /* file_prefix or symbol prefix of the copy */
    uint64_t id;
    bool not_openmp_blas; /* leave out BLAS whose own layer is OpenMP */
    /* Called with the lock of the module held: may not call it. */
    bool (*selects)(void *arg, const rtk_pool_info *info);
    void *arg;
} rtk_limit;

/* What is asked of rtk_limits_begin(). Only read, and only while it runs. */
typedef struct rtk_limit_request {
    size_t size;             /* sizeof(rtk_limit_request) */
    const rtk_limit *limits; /* may be NULL if n_limits is 0: no limit */
    size_t n_limits;
    unsigned flags; /* of rtk_limit_flags */
} rtk_limit_request;

/* An open scope. Opaque; guarded by the module's lock. */
typedef struct rtk_limits rtk_limits;

/* What a scope did to a copy that it selected. */
typedef struct rtk_limit_report {
    uint64_t id;
    int asked;         /* the least of the limits that select it */
    int before;        /* just before this scope; 0 unknown */
    int effective;     /* read back when this scope had begun; 0 unknown */
    rtk_status status; /* RTK_OK; RTK_ESKIPPED: asked is RTK_NO_LIMIT;
                          RTK_EUNSUPPORTED: effective is above asked, or, in an
                          exclusive scope, another, or unknown */
    bool foreign;      /* somebody else had changed it under open scopes,
                          seen when this one began */
} rtk_limit_report;

/* Open a scope.
 *
 *   request  limits of 1 or more threads, RTK_NO_LIMIT or none
 *   scope    set on success only; close it with rtk_limits_end()
 *
 * Scopes nest, and end in any order. Only RTK_LIMIT_EXCLUSIVE makes anybody
 * wait: such a scope until none is open that wants another count, others until
 * no exclusive one is open that they would change; exclusive ones are served in
 * order of arrival, and whoever ends a scope wakes them. One that would wait
 * for the thread's own scope is refused; two threads that each have what the
 * other wants wait for ever.
 *
 * Returns RTK_OK; RTK_EINVAL for a limit below 1, an unknown flag or user_api,
 * or an exclusive scope against the thread's own; RTK_EUNSUPPORTED when FFT is
 * selected by name, or as RTK_LIMIT_STRICT says; RTK_ENOMEM; or what a custom
 * library's set() returned. After an error all is as it was before.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_limits_begin(rtk_pools *pools,
                                        const rtk_limit_request *request,
                                        rtk_limits **scope);

/* The usual scope: one limit, for `user_api` or RTK_POOL_ANY, no flags.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_limits_begin_api(rtk_pools *pools,
                                            rtk_pool_api user_api, int threads,
                                            rtk_limits **scope);

/* Let the calling thread take part in `scope`: its limits on settings of a
 * thread hold here too until rtk_limits_end(here) in this thread.
 *
 *   scope  stays open while this runs
 *   here   set on success only
 *
 * Returns RTK_OK, RTK_ENOMEM, or what a custom library's set() returned.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_limits_apply_here(const rtk_limits *scope,
                                             rtk_limits **here);

/* Close `scope`, which is then gone; NULL is allowed.
 *
 *   foreign  out, may be NULL: on how many settings somebody else's change was
 *            found now
 *
 * Returns RTK_OK, or RTK_EINVAL in another thread than the one that began a
 * scope on a setting of a thread: it stays open, nothing is changed.
 * MT-Safe. */
rtk_status rtk_limits_end(rtk_limits *scope, size_t *foreign);

/* Close `scope` as rtk_limits_end() does, but leave its counts standing: they
 * are what later scopes come back to. MT-Safe. */
rtk_status rtk_limits_keep(rtk_limits *scope);

/* How many copies `scope` selected. MT-Safe. */
size_t rtk_limits_count(const rtk_limits *scope);

/* What it did to the i-th of them; RTK_EINVAL if there is none. MT-Safe. */
RTK_CHECKED rtk_status rtk_limits_report(const rtk_limits *scope, size_t i,
                                         rtk_limit_report *report);

/* The count before `scope` of the copies of `user_api` that it selected.
 *
 *   least  out: the least of them, 0 if there are none
 *   most   out, may be NULL: the largest
 *
 * MT-Safe. */
void rtk_limits_before(const rtk_limits *scope, rtk_pool_api user_api,
                       int *least, int *most);

/* One thread for each BLAS that an OpenMP program calls from its loops: BLAS
 * with OpenMP inside sees the loop and needs no limit. MT-Safe. */
static inline rtk_limit rtk_limit_sequential_blas_under_openmp(void) {
    rtk_limit limit = {1, RTK_POOL_BLAS, NULL, NULL, 0, true, NULL, NULL};
    return limit;
}

/* For RTK_LIMITS_HERE. MT-Safe. */
static inline void rtk_limits_leave(rtk_limits **scope) {
    rtk_limits_end(*scope, NULL);
}

/* RTK_LIMITS_HERE(scope) declares `rtk_limits *scope = NULL`, which is ended
 * when the block is left in any way but longjmp() and exit(). */
#define RTK_LIMITS_HERE(scope)                                                 \
    __attribute__((cleanup(rtk_limits_leave))) rtk_limits *scope = NULL

#ifdef __cplusplus
}
#endif

#endif
