#ifndef RTK_WORKERS_H
#define RTK_WORKERS_H

/* How much parallelism a caller asks for, and who provides it.
 *
 * Grammar (after SciPy's FFT family):
 *   RTK_WORKERS_DEFAULT  the calling thread's context default, 1 at first
 *   k >= 1               that many, the caller being one of them
 *   -1, -2, ...          usable CPUs, usable CPUs - 1, ... down to 1
 *   0, below the wrap    RTK_EINVAL
 * More workers than the work has parts are capped. Split points depend on the
 * problem alone, never on the number of workers.
 *
 * A callback that is given a share must not unwind out of it. Nested loops run
 * serially in the share that starts them.
 *
 * Fork: a child may use everything here, whatever the parent's threads were
 * doing; its pools are empty and start threads of their own when needed. A
 * child that was forked inside a part should exec or _exit: if it returns from
 * the part, the loop ends with RTK_ECANCELLED in the thread that called it, and
 * a helper thread ends. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RTK_WORKERS_DEFAULT INT64_MIN
enum { RTK_WORKERS_MAX = 1024 }; /* of one loop; more are capped */

/* CPUs this process may really use: the affinity mask, lowered to the ceiling
 * of the cgroup's quota (v1 or v2, read once in a process), and to
 * RACETRACK_CPUS when that is set to a positive whole number. At least 1.
 * MT-Safe env. */
unsigned rtk_cpus_usable(void);

/* Resolve `workers` by the grammar above.
 *
 *   workers  as asked for
 *   parts    independent parts of the work; 0 or 1 gives one worker
 *   count    out, on success only: 1 .. RTK_WORKERS_MAX, at most `parts`
 *
 * Returns RTK_OK or RTK_EINVAL.
 * MT-Safe env. */
RTK_CHECKED rtk_status rtk_workers_resolve(int64_t workers, size_t parts,
                                           unsigned *count);

/* Set the calling thread's default for RTK_WORKERS_DEFAULT, and give the value
 * to hand back for restoring it. Threads start at 1 and inherit nothing.
 *
 *   workers   as in the grammar, resolved now (-1 is frozen to today's CPUs)
 *   previous  out, may be NULL: the default before
 *
 * Returns RTK_OK or RTK_EINVAL, and then changes nothing.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_workers_default_set(int64_t workers,
                                               int64_t *previous);

/* The calling thread's default number of workers, at least 1. MT-Safe. */
int64_t rtk_workers_default(void);

/* One part of the work: `arg` as given, `part` in 0 .. parts-1.
 * A status other than RTK_OK is reported to the caller of the loop. */
typedef rtk_status (*rtk_part)(void *arg, size_t part);

/* What provides the workers. A user's own map-like executor is such a struct:
 * map() must call run(arg, i) exactly once for each i in 0 .. parts-1, on
 * threads of its choice, and return after all of them have. */
typedef struct rtk_executor rtk_executor;
struct rtk_executor {
    size_t size;
    const char *name;
    void *self;
    rtk_status (*map)(void *self, rtk_part run, void *arg, size_t parts,
                      unsigned workers);
    unsigned most; /* workers it has at most; 0 = as many as asked for */
};

/* Runs every part in the caller, in order. Lives for ever. MT-Safe. */
const rtk_executor *rtk_executor_serial(void);

/* The process-wide thread pool: grown on demand to workers-1 threads, never
 * for one worker, rebuilt in a forked child on first use. It serves one loop at
 * a time; a caller that finds it busy runs its loop alone. Where there are CPUs
 * enough, a helper that finds itself on its caller's CPU leaves it, by its own
 * affinity mask. Lives for ever.
 * MT-Safe. */
const rtk_executor *rtk_executor_threads(void);

/* A pool of its own, for a library that must leave no thread behind. */
typedef struct rtk_pool rtk_pool;

/* Make a pool that starts its threads when they are first needed.
 *
 *   pool     out, on success only; release it with rtk_pool_free()
 *   threads  most workers of a loop, 1 .. RTK_WORKERS_MAX; the caller is one
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_new(rtk_pool **pool, unsigned threads);

/* Stop and join the threads of `pool` and release it; NULL is allowed. No loop
 * may be running on it. In a forked child only the memory is released, as the
 * threads are the parent's.
 * MT-Unsafe race:pool. */
void rtk_pool_free(rtk_pool *pool);

/* The executor of `pool`, owned by it. MT-Safe. */
const rtk_executor *rtk_pool_executor(rtk_pool *pool);

/* What a loop did. */
typedef struct rtk_loop {
    size_t size;
    unsigned effective; /* workers that the loop could have had */
    size_t parts_run;   /* parts that were called and came back */
    size_t failed_part; /* first part in input order that failed, or parts */
} rtk_loop;

/* Run run(arg, i) for i in 0 .. parts-1 and wait for all of them.
 *
 *   executor  NULL: the process-wide thread pool
 *   workers   by the grammar
 *   loop      out, may be NULL; set in every case but RTK_EINVAL
 *
 * Every part is called exactly once, whatever the others return; that is
 * checked, and a map that drops, repeats or invents a part gives RTK_EMAP; a
 * part that such a map calls too late does nothing. Otherwise the status of the
 * first failing part in input order is returned, else that of the map.
 * The caller takes a share. One worker, and a loop inside a loop, run in the
 * caller alone. Returns also RTK_EINVAL, RTK_ENOMEM; when threads cannot be
 * started the loop goes on with those there are.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_parallel_for(const rtk_executor *executor,
                                        int64_t workers, size_t parts,
                                        rtk_part run, void *arg,
                                        rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
