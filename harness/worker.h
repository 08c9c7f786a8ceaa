#ifndef RTK_WORKER_H
#define RTK_WORKER_H

/* Actors in processes that are made by exec of this very program, as
 * multiprocessing "spawn" makes them: they inherit no memory, load the plug-in
 * themselves, and share the arrays by a descriptor.
 *
 * The trial's process starts them, waits until all are ready (each says so, or
 * dies), and lets them go together; from there on they are as forked ones are.
 * What a worker's actors have done it tells after each call in their seats, so
 * it is known of one that dies. */

#include "harness/actors.h"

/* What the command line of a worker begins with; what follows is one word, for
 * rtk_worker_main(). */
#define RTK_WORKER_OPTION "--worker"

/* Open what rtk_worker_start() and rtk_workers_go() need.
 * Returns RTK_OK or RTK_ETHREAD. MT-Unsafe race:team. */
RTK_CHECKED rtk_status rtk_workers_begin(rtk_team *team);

/* Start the process of `first` and the actors after it.
 * Returns RTK_OK or RTK_ETHREAD. MT-Unsafe race:team. */
RTK_CHECKED rtk_status rtk_worker_start(rtk_actor *first);

/* Wait until the workers that were started are ready, and let them go.
 *
 *   n  how many they are
 *
 * A worker wakes it, or its end does. MT-Unsafe race:team. */
void rtk_workers_go(rtk_team *team, unsigned n);

/* Put what `actor` has done into its seat, when this process is a worker.
 * MT-Unsafe race:actor. */
void rtk_worker_tell(const rtk_actor *actor);

/* Take what `actor` has told, after its process has ended.
 * MT-Unsafe race:actor. */
void rtk_worker_hear(rtk_actor *actor);

/* Be a worker, and end the process.
 *
 *   word  what rtk_worker_start() gave
 *   own   the subjects that this program has itself; NULL: a plug-in's
 *
 * MT-Unsafe: the process must have no other thread. */
_Noreturn void rtk_worker_main(const char *word, const rtk_loaded *own);

#endif
