#ifndef RTK_PROCESS_POOL_H
#define RTK_PROCESS_POOL_H

/* Worker processes that share loops: for parts that are not thread-safe, that
 * may crash, hang or exit, or that call a library with one global state.
 *
 *     rtk_processes *pool = NULL;
 *     void *memory = NULL;
 *     rtk_status s = rtk_processes_new(&pool, 4);
 *     if (!s) s = rtk_processes_alloc(pool, sizeof(input), 0, &memory);
 *     ... fill it ...
 *     if (!s)
 *         s = rtk_parallel_for(rtk_processes_executor(pool), 4, parts, run,
 *                              memory, &loop);
 *     rtk_processes_free(pool);
 *
 * Memory. The workers are copies of the process as it was when the pool was
 * made; what it writes later to its own memory they do not see. They share the
 * pool's arena: memory from rtk_processes_alloc() is at the same address
 * everywhere and nothing is copied. A loop's `arg`, and all it points to, must
 * lie there; NULL is allowed. rtk_apply() copies what lies elsewhere.
 *
 * Functions. A part must be a function of the program or of a library that was
 * loaded when the pool was made, and still is. Another is RTK_EUNSUPPORTED.
 *
 * Deaths. A worker may die at any moment, by a crash, by exit(), by kill -9.
 * The part it was in is run again, from its start, by another: parts must be
 * such that this does no harm, as by writing results that depend on the inputs
 * alone. When a part has ended more workers than `retries` allows, it fails
 * with RTK_EDIED and the rest goes on. A part that takes longer than the time
 * limit fails with RTK_ETIMEOUT; that is not tried again. The caller itself
 * runs no part, and it neither crashes nor waits for ever, unless a part hangs
 * that has no limit.
 *
 * Callers. Any thread may use the pool; loops of several follow each other. A
 * loop inside a part of any other loop runs serially there. A process that is
 * forked from the caller's cannot use the pool, RTK_EUNSUPPORTED, but may read
 * its memory until the parent frees it; it may make a pool of its own.
 *
 * What is started. Two helper processes and the workers, forked by these two:
 * so replacements come from a process with one thread, whatever the caller's
 * has by then. rtk_processes_new() itself forks the caller's process, once. If
 * that has threads, the pool works, but a part that needs a lock which another
 * thread held at that moment, in the application or in a library, waits for
 * ever; glibc's own locks are put right. The same holds for the fork that
 * follows rtk_processes_shutdown(), or the death of all processes at once.
 * Workers keep the caller's descriptors 0 to 2, and no others unless told to.
 * They ignore SIGINT, SIGQUIT, SIGHUP and SIGTERM, and have the default action
 * for all other signals. They call no atexit() handlers of the caller's. They
 * end when the caller's process does, however it ends.
 *
 * The caller's process has one child for this, which it must not wait for;
 * whoever waits for any child may see it end. Linux 5.3; without pidfd_open()
 * a forked child of the caller's that stays alive keeps the pool alive. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_processes rtk_processes;

/* How a pool is made. Start from RTK_PROCESSES_OPTIONS. */
typedef struct rtk_processes_options {
    size_t size;
    unsigned workers;     /* processes, 1 .. RTK_WORKERS_MAX */
    unsigned retries;     /* of a part whose worker died, 0 .. 4000 */
    uint64_t timeout_ns;  /* of a part; 0 = none */
    size_t arena_bytes;   /* range of addresses, of which only what is touched
                             is memory; 0 = 64 GiB, or what can be had */
    int keep_descriptors; /* 1: workers keep all of the caller's */
} rtk_processes_options;

#define RTK_PROCESSES_OPTIONS                                                  \
    {                                                                          \
        .size = sizeof(rtk_processes_options), .workers = 1, .retries = 1,     \
        .timeout_ns = 0, .arena_bytes = 0, .keep_descriptors = 0               \
    }

/* Make a pool and start its processes.
 *
 *   pool     out, on success only; release it with rtk_processes_free()
 *   workers  as in rtk_processes_options
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_ENOMEM, RTK_ETHREAD when it could not be
 * forked, or RTK_EUNSUPPORTED inside a worker process.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_new(rtk_processes **pool,
                                         unsigned workers);

/* As rtk_processes_new(), with options. MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_new_with(
    rtk_processes **pool, const rtk_processes_options *options);

/* The executor of `pool`, owned by it, for rtk_work_run(), rtk_parallel_for()
 * and rtk_apply(). Loops return also
 *
 *   RTK_EUNSUPPORTED  `arg` is not in the arena, the function is not in the
 *                     workers, or this is a forked child
 *   RTK_ETHREAD       no worker can be had; parts that were run are counted
 *   RTK_ENOMEM        the arena has no 8 bytes left for each part
 *   RTK_EDIED         a part's worker died too often
 *   RTK_ETIMEOUT      a part took too long; rtk_processes_counts() says more of
 *                     both
 *
 * A loop's `cancel` is looked at by the caller every 2 ms, by the workers
 * before each part once they were told, and at once if it lies in the arena.
 * MT-Safe. */
const rtk_executor *rtk_processes_executor(rtk_processes *pool);

/* Take memory that the caller and all workers share; contents are undefined.
 * It stays until it is released, or the pool is; in a part it may be used but
 * neither taken nor released.
 *
 *   bytes   0 is taken for 1
 *   align   power of two; 0 and all below 64 give 64
 *   memory  out, on success only
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_ENOMEM, or RTK_EUNSUPPORTED in a forked child
 * and in a part.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_alloc(rtk_processes *pool, size_t bytes,
                                           size_t align, void **memory);

/* Give memory back; NULL is allowed, and what was not taken is ignored. Blocks
 * of 1 MiB and more return to the system at once.
 * MT-Safe. */
void rtk_processes_release(rtk_processes *pool, void *memory);

/* Change the number of workers. A loop that is running keeps those it has; a
 * worker that is too many ends when it is at rest.
 *
 *   workers  1 .. RTK_WORKERS_MAX
 *
 * Returns RTK_OK, RTK_EINVAL, or RTK_EUNSUPPORTED in a forked child.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_resize(rtk_processes *pool,
                                            unsigned workers);

/* Wait for the loop that runs, end all processes, and wait for that. Any number
 * of times, from any threads; the next loop starts them again. The arena stays
 * as it is.
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED in a forked child and in a part.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_shutdown(rtk_processes *pool);

/* rtk_processes_shutdown() and release, the arena too; NULL is allowed. In a
 * forked child only the child's share of it goes.
 * MT-Unsafe race:pool. */
void rtk_processes_free(rtk_processes *pool);

/* What happened on a pool since it was made. */
typedef struct rtk_processes_counts {
    size_t size;
    unsigned workers;   /* alive now */
    uint64_t deaths;    /* of workers, all but those that were too many */
    uint64_t retried;   /* parts that were given to another worker */
    uint64_t timed_out; /* parts that took too long */
    size_t last_part;   /* that a worker died in, or SIZE_MAX */
    int last_signal;    /* that ended it, or 0 */
    int last_exit;      /* its exit status, or -1 */
} rtk_processes_counts;

/* What happened so far, loops that are running excepted.
 *
 *   counts  out
 *
 * MT-Safe. */
void rtk_processes_count(rtk_processes *pool, rtk_processes_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
