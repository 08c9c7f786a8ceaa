#ifndef RTK_THREADPOOLS_H
#define RTK_THREADPOOLS_H

/* Scoped control of a BLAS library's own threads, from outside: what Python's
 * threadpoolctl does. The library is found by its symbols in the process, so
 * this needs no link to it. OpenBLAS's count is one for the whole process:
 * scopes that are open at once must ask for the same count, or wait. */

#include "kernels/threadpools/custom_pool.h"
#include "kernels/threadpools/plan_scope.h"
#include "kernels/threadpools/pool_info.h"
#include "kernels/threadpools/pool_limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One OpenBLAS in the process. Filled by rtk_blas_find(); read-only after. */
typedef struct rtk_blas {
    int (*get_threads)(void);
    void (*set_threads)(int);
    const char *config;   /* as the library words it, or "" */
    const char *corename; /* the kernels it picked, or "" */
    int parallel;         /* 0 serial, 1 pthreads, 2 OpenMP */
} rtk_blas;

/* Find OpenBLAS by symbol from `handle`.
 *
 *   handle  of dlopen(), or NULL for what the process has loaded globally
 *   blas    out, on success only; valid while the library stays loaded
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED when there is none.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_blas_find(void *handle, rtk_blas *blas);

/* An open scope. The caller's memory, which must stay where it is until the
 * end; the first line is the caller's to read, the rest is guarded by the
 * module's lock. */
typedef struct rtk_blas_scope rtk_blas_scope;
struct rtk_blas_scope {
    const rtk_blas *blas;
    int asked, effective;
    int before; /* to restore when the last ends */
    unsigned long owner;
    rtk_blas_scope *next, **link;
};

/* Set the library's threads to `threads` until rtk_blas_scope_end().
 *
 *   threads  1 or more; 0 and negative are RTK_EINVAL
 *   scope    out; `effective` is read back from the library
 *
 * Scopes with equal counts share; one with another count waits until those
 * before it have ended (the last rtk_blas_scope_end() wakes it), so that no
 * call ever runs under a count that it did not ask for. Whoever waits is served
 * in order of arrival. A thread must not open a scope inside its own scope. The
 * count before the first is restored when the last ends; a count that the
 * library already has is not set again. In a forked child only the scopes of
 * the thread that forked are open.
 *
 * Returns RTK_OK or RTK_EINVAL.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_blas_scope_begin(const rtk_blas *blas, int threads,
                                            rtk_blas_scope *scope);

/* End `scope`. From any thread, once. MT-Safe. */
void rtk_blas_scope_end(rtk_blas_scope *scope);

#ifdef __cplusplus
}
#endif

#endif
