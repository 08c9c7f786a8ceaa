#ifndef RTK_POOL_INFO_H
#define RTK_POOL_INFO_H

/* Which libraries of this process have threads of their own, and how many:
 * BLAS, OpenMP and FFT libraries, found by their symbols, every copy for
 * itself. What Python's threadpoolctl says, and what it cannot see.
 *
 * The dynamic loader lists the objects of the caller's namespace; what
 * dlmopen() put into another is not seen, nor are symbols that a main program
 * does not export.
 *
 * Do not call this module from a library's constructor or destructor, nor from
 * a function of a custom library (custom_pool.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the library is for. */
typedef enum rtk_pool_api {
    RTK_POOL_ANY = 0, /* in selections only */
    RTK_POOL_BLAS,
    RTK_POOL_OPENMP,
    RTK_POOL_FFT,
    RTK_POOL_OTHER
} rtk_pool_api;

/* Whom a change of the count concerns. */
typedef enum rtk_pool_scope {
    RTK_POOL_NOBODY = 0, /* there is nothing to set */
    RTK_POOL_THREAD,     /* calls of the thread that sets it */
    RTK_POOL_PROCESS,    /* calls of all threads */
    RTK_POOL_PLAN        /* plans made after: see plan_scope.h */
} rtk_pool_scope;

/* What the count counts. */
typedef enum rtk_pool_meaning {
    RTK_POOL_UNKNOWN = 0,
    RTK_POOL_TEAM,  /* threads of one call: n callers have n teams */
    RTK_POOL_SHARED /* threads of one pool, which all callers share */
} rtk_pool_meaning;

/* One copy of a library. The strings belong to the controller and live as
 * long as it. A string that has no value is NULL. */
typedef struct rtk_pool_info {
    uint64_t id; /* 1 or more, for ever this copy's, also across controllers */
    rtk_pool_api user_api;
    const char *internal_api; /* openblas blis mkl flexiblas openmp fftw,
                                 a custom name, or "unknown" for a BLAS
                                 that cannot be controlled */
    const char *path;         /* with links resolved; "" for no loaded object */
    const char *prefix, *suffix; /* of its symbols: "scipy_", "64_"; "" for
                                    none. FFTW: "fftwf_" and the like */
    const char *file_prefix;     /* threadpoolctl's prefix: "libopenblas"; what
                                    it does not know: the file's name up to the
                                    first '.' or '-' */
    const char *version;
    const char *threading_layer; /* openmp pthreads disabled unknown; MKL:
                                    intel sequential pgi gnu tbb */
    const char *architecture;    /* the kernels it picked */
    const char *config;          /* OpenBLAS: all that it says of its build */
    const char *flavour;         /* OpenMP: libgomp or libomp; FlexiBLAS: the
                                    backend */
    int threads;                 /* now, for the thread that asks; 0 unknown */
    int max_threads;             /* 0 unknown; INT_MAX no limit */
    rtk_pool_scope scope;
    rtk_pool_meaning meaning;
    bool controllable;
    const char *why;       /* not controllable, or not readable, because; a
                              sentence without full stop, or NULL */
    uint64_t coupled_with; /* copy whose setting this one obeys, or 0 */
    unsigned limits;       /* scopes that hold its setting now */
    uintptr_t base;        /* where the object is loaded */
} rtk_pool_info;

/* A controller: the copies that were there when it was made or last refreshed.
 * It pins them: none is unloaded before rtk_pools_free(). Opaque; all state is
 * guarded by one lock of the module, which is held across fork(). */
typedef struct rtk_pools rtk_pools;

/* Find all copies now.
 *
 *   pools  set on success only; release it with rtk_pools_free()
 *
 * Returns RTK_OK, also with no copies, or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_new(rtk_pools **pools);

/* Release `pools`, or nothing if NULL. Scopes that are open keep what they
 * need until they end.
 * MT-Safe. */
void rtk_pools_free(rtk_pools *pools);

/* Find copies that were loaded since, and custom libraries registered since.
 * When the loader's counters did not move, this only compares them.
 *
 *   found  out, may be NULL: how many copies are new
 *
 * Copies are never dropped: indices and infos stay valid. Returns RTK_OK or
 * RTK_ENOMEM, which changes nothing.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_refresh(rtk_pools *pools, size_t *found);

/* How many copies there are. MT-Safe. */
size_t rtk_pools_count(const rtk_pools *pools);

/* All about copy `i`, in the order of loading, with `threads` read now.
 *
 *   i     0 .. rtk_pools_count() - 1
 *   info  out, on success only
 *
 * Returns RTK_OK or RTK_EINVAL.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_info(const rtk_pools *pools, size_t i,
                                      rtk_pool_info *info);

/* The same by id; RTK_EINVAL if this controller has no such copy. MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_find(const rtk_pools *pools, uint64_t id,
                                      rtk_pool_info *info);

/* Say what is dangerous about these copies together: several OpenMP runtimes,
 * several BLAS, a BLAS that nobody can limit.
 *
 *   say  called with `to` and a sentence, once for each; after the lock is
 *        released
 *
 * Returns how many there are.
 * MT-Safe. */
size_t rtk_pools_warnings(const rtk_pools *pools,
                          void (*say)(void *to, const char *sentence),
                          void *to);

/* Write one line of text for each copy, `key: value` pairs apart by two
 * spaces, and one for each warning. Returns RTK_OK, RTK_ENOMEM or RTK_EIO.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_write_text(const rtk_pools *pools, FILE *to);

/* Write a JSON array with one object for each copy: the keys of threadpoolctl
 * (user_api, internal_api, num_threads, prefix, filepath, version,
 * threading_layer, architecture) and our own (id, symbol_prefix,
 * symbol_suffix, max_threads, scope, meaning, controllable, why,
 * coupled_with, config, flavour, limits). What is unknown, and a
 * maximum that is no limit, is null. Returns RTK_OK, RTK_ENOMEM or RTK_EIO.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pools_write_json(const rtk_pools *pools, FILE *to);

/* Write `text` as a JSON string with its quotes, or null for NULL. UTF-8 stays
 * as it is, what is not UTF-8 becomes U+FFFD. MT-Safe. */
void rtk_json_string(const char *text, FILE *to);

/* The words of the JSON: "blas", "thread", "team" and so on; "unknown" for
 * anything else. MT-Safe. */
const char *rtk_pool_api_text(rtk_pool_api api);
const char *rtk_pool_scope_text(rtk_pool_scope scope);
const char *rtk_pool_meaning_text(rtk_pool_meaning meaning);

#ifdef __cplusplus
}
#endif

#endif
