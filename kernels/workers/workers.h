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
 * A loop that is started inside a part of another runs serially in that part,
 * on whichever executor. A callback that is given a share must not unwind out
 * of it. Helpers run their parts with the caller's rounding and denormal modes.
 * A loop leaves the calling thread's errno, signal mask, affinity, cancel state
 * and floating-point modes and flags as its own parts there left them.
 *
 * Errors: every part is called once, whatever the others return, and the first
 * failure in input order is the one reported, for any number of workers. Only a
 * cancelled loop leaves parts out; it says which. When threads cannot be
 * started, the loop goes on with those there are, down to the caller alone.
 *
 * Fork: a child may use everything here, whatever the parent's threads were
 * doing; its pools are empty and start threads of their own when needed. A
 * child that was forked inside a part should exec or _exit: if it returns from
 * the part, no further part is run, the loop ends with RTK_ECANCELLED in the
 * thread that called it, and a helper thread ends. A loop that the caller runs
 * alone goes on in the child.
 *
 * End: a process may exit while loops run; helpers end with it and nothing that
 * they use is torn down. A library that contains this code may be unloaded at
 * any time: once it has started a thread, its code stays mapped. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RTK_WORKERS_DEFAULT INT64_MIN
enum { RTK_WORKERS_MAX = 1024 }; /* of one loop; more are capped */

/* CPUs this process may really use: the affinity mask of the calling thread
 * (inside a part, of the process's first thread), lowered to the ceiling
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
 * to hand back for restoring it. Threads start at 1 and inherit nothing; a
 * forked child keeps the forking thread's default.
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

/* Restore the default that rtk_workers_default_set() gave. For RTK_RESTORED:
 * `previous` 0 changes nothing. MT-Safe. */
void rtk_workers_default_restore(const int64_t *previous);

#if defined(__GNUC__) || defined(__clang__)
/* On a local int64_t, started as 0 and then handed to
 * rtk_workers_default_set(): the default is restored on every way out of the
 * block, by an error too. */
#define RTK_RESTORED __attribute__((cleanup(rtk_workers_default_restore)))
#endif

/* One part of the work: `arg` as given, `part` in 0 .. parts-1.
 * A status other than RTK_OK is reported to the caller of the loop. */
typedef rtk_status (*rtk_part)(void *arg, size_t part);

/* ---- Executors ------------------------------------------------------------
 */

struct rtk_apply_job;
struct rtk_loop;

/* What provides the workers: one of those below, or a user's own struct. */
typedef struct rtk_executor rtk_executor;
struct rtk_executor {
    size_t size;
    const char *name;
    void *self;
    /* Call run(arg, i) exactly once for each i in 0 .. parts-1, on threads of
     * its choice, and return after all of them have. A map need not be right:
     * dropping, repeating and inventing parts are found out. NULL: parts cannot
     * run in this address space. */
    rtk_status (*map)(void *self, rtk_part run, void *arg, size_t parts,
                      unsigned workers);
    unsigned most; /* workers it has at most; 0 = as many as asked for */
    /* Optional, for workers that do not share the caller's memory: items and
     * results travel by value, see apply.h. It keeps the first failure in input
     * order and fills `loop`, whose counts are checked. */
    rtk_status (*apply)(void *self, const struct rtk_apply_job *job,
                        unsigned workers, struct rtk_loop *loop);
};

/* Runs every part in the caller, in order. Lives for ever. MT-Safe. */
const rtk_executor *rtk_executor_serial(void);

/* The executor of rtk_pool_shared(), or the serial one when that could not be
 * made. Lives for ever.
 * MT-Safe. */
const rtk_executor *rtk_executor_threads(void);

/* ---- Thread pools ---------------------------------------------------------
 */

/* Threads that share loops. Started when first needed, never for one worker.
 * Several callers at once are served together while the pool has threads for
 * them and the process has usable CPUs for them; beyond that a caller runs its
 * loop alone. Nobody waits for another's loop. Where there are CPUs enough, a
 * helper that finds itself on its caller's CPU leaves it, by its own affinity
 * mask. */
typedef struct rtk_pool rtk_pool;

/* What a helper does between loops. */
typedef enum rtk_idle {
    RTK_IDLE_SLEEP, /* look for 50 us, then sleep */
    RTK_IDLE_SPIN   /* look for 200 ms, then sleep */
} rtk_idle;

/* How a pool is made; all zero but the first two is the default.
 * RACETRACK_SHARE=always in the environment makes rtk_pool_new() and the shared
 * pool always share: for tests, where a part that runs beside no other proves
 * nothing. */
typedef struct rtk_pool_options {
    size_t size;
    unsigned threads;    /* most workers of a loop, 1 .. RTK_WORKERS_MAX; the
                            caller is one */
    rtk_idle idle;       /* helpers look only where there is a CPU for each */
    int always_share;    /* 1: no cut-off, small work is shared as well */
    int stay_on_any_cpu; /* 1: helpers do not leave their caller's CPU */
} rtk_pool_options;

/* The process-wide pool. RACETRACK_IDLE=spin in the environment makes its
 * helpers RTK_IDLE_SPIN. Lives for ever. NULL when there was no memory to make
 * it; the next call tries again.
 * MT-Safe env. */
rtk_pool *rtk_pool_shared(void);

/* Make a pool of one's own, for a library that must leave no thread behind.
 *
 *   pool     out, on success only; release it with rtk_pool_free()
 *   threads  as in rtk_pool_options
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_new(rtk_pool **pool, unsigned threads);

/* As rtk_pool_new(), with options. MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_new_with(rtk_pool **pool,
                                         const rtk_pool_options *options);

/* Change the most workers of a loop. Loops that are running keep theirs; the
 * threads that are too many end when their loops do.
 *
 *   threads  1 .. RTK_WORKERS_MAX
 *
 * Returns RTK_OK or RTK_EINVAL.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_resize(rtk_pool *pool, unsigned threads);

/* Wait for the loops that run on `pool` and stop its threads. Any number of
 * times, from any threads at once; the next loop starts threads again.
 *
 * Returns RTK_OK, or RTK_EINVAL inside a part of a loop that it shares, which
 * it would wait for. MT-Safe. */
RTK_CHECKED rtk_status rtk_pool_shutdown(rtk_pool *pool);

/* rtk_pool_shutdown() and release; NULL is allowed. No loop may be started on
 * it from then on. In a forked child only the memory is released, as the
 * threads are the parent's. Inside a part of a loop that it shares, and
 * for rtk_pool_shared(), it does nothing.
 * MT-Unsafe race:pool. */
void rtk_pool_free(rtk_pool *pool);

/* The executor of `pool`, owned by it. MT-Safe. */
const rtk_executor *rtk_pool_executor(rtk_pool *pool);

/* Threads that `pool` has now, working or idle. MT-Safe. */
unsigned rtk_pool_helpers(rtk_pool *pool);

/* Work that is worth sharing, as this pool has measured it while serving loops:
 * the caller's cost of waking a helper plus the time until it takes part. */
typedef struct rtk_crossover {
    size_t size;
    double asleep_ns; /* total work that repays waking a helper */
    double awake_ns;  /* total work that repays one that is looking */
    size_t wakes;     /* that the first figure comes from; 0: a default */
} rtk_crossover;

/* What `pool` has measured so far.
 *
 *   crossover  out
 *
 * MT-Safe. */
void rtk_pool_crossover(rtk_pool *pool, rtk_crossover *crossover);

/* ---- Loops ----------------------------------------------------------------
 */

/* A request to stop, in the caller's memory; start it as {0}. Only the
 * functions below touch it. */
typedef struct rtk_cancel {
    unsigned requested;
} rtk_cancel;

/* Ask every loop that was given `cancel` to start no further part, now and
 * later. Also from a signal handler. MT-Safe. */
void rtk_cancel_request(rtk_cancel *cancel);

/* Whether that was asked: 0 or 1. For long parts that want to look themselves.
 * MT-Safe. */
int rtk_cancel_requested(const rtk_cancel *cancel);

/* Who takes how many parts at a time. What is left is always taken by whoever
 * comes first, so that nobody waits for a helper that has not started. */
typedef enum rtk_schedule {
    RTK_GUIDED, /* shrinking runs of parts: few claims, even ends */
    RTK_STATIC, /* one run of equal length for each worker */
    RTK_DYNAMIC /* one part at a time */
} rtk_schedule;

/* A loop to run. Structs here begin with their own size, sizeof: they may grow.
 * All zero but `size`, `workers`, `parts` and `run` is the
 * default. Read-only while it runs. */
typedef struct rtk_work {
    size_t size;
    const rtk_executor *executor; /* NULL: the process-wide pool */
    int64_t workers;              /* by the grammar */
    size_t parts;
    rtk_part run;
    void *arg;
    rtk_schedule schedule;    /* of our thread pools; others choose */
    uint64_t part_ns;         /* about how long a part takes; 0 = not known,
                                 then it is learned from loops with this `run` */
    const rtk_cancel *cancel; /* NULL: cannot be stopped */
} rtk_work;

/* What a map did wrong, if it was not RTK_MAP_KEPT. */
typedef enum rtk_map_fault {
    RTK_MAP_KEPT,
    RTK_MAP_DROPPED,   /* a part was not called, or has no result */
    RTK_MAP_REPEATED,  /* a part was called again, or its result lies twice */
    RTK_MAP_INVENTED,  /* a part was called that there is none of */
    RTK_MAP_REORDERED, /* a result lies in another's place */
    RTK_MAP_LATE       /* a part was still running when the map returned */
} rtk_map_fault;

/* What a loop did. */
typedef struct rtk_loop {
    size_t size;
    unsigned effective; /* workers that the loop could have had */
    int cut_off;        /* 1: too small to be worth sharing, run alone */
    size_t parts_run;   /* parts that were called and came back */
    size_t failed_part; /* first part in input order that failed, or parts */
    size_t first_unrun; /* first part in input order that was not run, or
                           parts: all before it are complete */
    rtk_map_fault map_fault; /* the first in input order */
    size_t map_part;         /* where; parts when nothing is wrong */
} rtk_loop;

/* The words for `fault`, such as "dropped"; never NULL. MT-Safe. */
const char *rtk_map_fault_text(rtk_map_fault fault);

/* Run work->run(work->arg, i) for i in 0 .. parts-1 and wait for all of them.
 *
 *   loop  out, may be NULL; set in every case but RTK_EINVAL and RTK_ENOMEM
 *
 * Every part is called exactly once, whatever the others return; that is
 * checked, and a map that breaks it gives RTK_EMAP and is named in `loop`; a
 * part that such a map calls too late does nothing. One that kept it must not
 * call a part once more after it has returned. Otherwise the status of the
 * first failing part in input order is returned, else RTK_ECANCELLED if parts
 * were left out on request, else what the map returned.
 * The caller takes a share. One worker, a loop inside a loop, and work that is
 * too small to be worth sharing run in the caller alone. Returns also
 * RTK_EINVAL, RTK_ENOMEM, and RTK_EUNSUPPORTED for an executor whose workers
 * cannot reach this memory.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_work_run(const rtk_work *work, rtk_loop *loop);

/* rtk_work_run() with the defaults. MT-Safe. */
RTK_CHECKED rtk_status rtk_parallel_for(const rtk_executor *executor,
                                        int64_t workers, size_t parts,
                                        rtk_part run, void *arg,
                                        rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
