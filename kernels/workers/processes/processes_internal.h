#ifndef RTK_PROCESSES_INTERNAL_H
#define RTK_PROCESSES_INTERNAL_H

/* What the parts of the process executor know of each other, and what the loop
 * calls. Internal to workers. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "kernels/workers/apply.h"
#include "kernels/workers/fork_watch.h"
#include "kernels/workers/processes/loaded_code.h"
#include "kernels/workers/processes/process_board.h"
#include "kernels/workers/processes/process_pool.h"
#include "kernels/workers/processes/shared_arena.h"

struct rtk_processes {
    /* Read-only after rtk_processes_new(). */
    rtk_executor executor;
    rtk_fork_watcher fork;
    unsigned retries;
    uint64_t timeout_ns;
    bool keep_descriptors;
    rtk_arena *arena;
    rtk_process_board *board;

    pthread_mutex_t lock; /* guards what follows, up to the line */
    pthread_cond_t freed; /* a caller that waits for `busy`; by the last one */
    bool busy;            /* a loop or a shutdown runs */
    int wire, life;       /* to the processes, or -1; changed only when busy */
    rtk_processes_counts counts;

    /* ---- Belong to the owner of `busy`. */
    pid_t keeper; /* our child, or 0 */
    uint32_t round;
    rtk_process_patience patience;
    rtk_loaded_code *code; /* that the processes have */
    _Atomic uint64_t *states;
    size_t room; /* for states */

    _Atomic bool foreign; /* this is a forked child; set by its handler */
};

/* Become the owner of `busy`, waiting for other loops.
 *
 *   cancel  NULL, or what ends the waiting
 *
 * Returns RTK_OK, RTK_ECANCELLED, or RTK_EUNSUPPORTED in a forked child.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_processes_enter(rtk_processes *pool,
                                           const rtk_cancel *cancel);

/* Let the next one enter. MT-Safe. */
void rtk_processes_leave(rtk_processes *pool);

/* Have processes, starting them if there are none or all of them died; all
 * seats are then empty or hold what the new ones put there. For the owner.
 *
 * Returns RTK_OK, RTK_ENOMEM or RTK_ETHREAD.
 * MT-Unsafe race:pool. */
RTK_CHECKED rtk_status rtk_processes_start(rtk_processes *pool);

/* Whether all processes are gone. For the owner. MT-Unsafe race:pool. */
bool rtk_processes_gone(const rtk_processes *pool);

/* End all processes and wait for it. For the owner. MT-Unsafe race:pool. */
void rtk_processes_stop(rtk_processes *pool);

/* Ask the server for a look at the board. MT-Safe. */
void rtk_processes_poke(rtk_processes *pool);

/* The executor's map; `self` is the rtk_processes.
 * Returns as rtk_process_run(). MT-Safe. */
rtk_status rtk_process_map(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers);

/* Run a loop: work->run and work->arg as they are, in the workers' memory.
 *
 *   self     the rtk_processes
 *   workers  at most so many take part
 *   loop     effective, parts_run, failed_part and first_unrun are set, but for
 *            RTK_ENOMEM before the start and RTK_EUNSUPPORTED
 *
 * Returns the first failure in input order, RTK_ECANCELLED, RTK_ETHREAD,
 * RTK_ENOMEM or RTK_EUNSUPPORTED; see rtk_processes_executor().
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_process_run(void *self, const rtk_work *work,
                                       unsigned workers, rtk_loop *loop);

/* rtk_process_run() with another function that the workers must have too.
 *
 *   also  its address, or NULL
 *
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_process_run_code(rtk_processes *pool,
                                            const rtk_work *work,
                                            const void *also, unsigned workers,
                                            rtk_loop *loop);

/* The executor's apply: items, context and results that are not in the arena
 * are copied, there and back.
 *
 * Returns as rtk_process_run(), and RTK_EMAP for a result that is not where it
 * belongs, which is named in `loop`.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_process_apply(void *self, const rtk_apply_job *job,
                                         unsigned workers, rtk_loop *loop);

#endif
