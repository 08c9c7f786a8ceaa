#ifndef RTK_ACTORS_H
#define RTK_ACTORS_H

/* The actors of a trial: one start gate, then calls until the budget is used.
 * Nothing is shared between actors during the calls but what the scenario
 * shares, and no lock or atomic is touched: a happens-before edge of ours
 * would hide from ThreadSanitizer the race that we look for. */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "harness/brief.h"
#include "harness/task.h"

/* One actor. Until the gate opens it belongs to the main thread, then to its
 * actor, after the join to the main thread again. Lies in a shared mapping when
 * actors are processes. */
typedef struct rtk_actor {
    const rtk_trial *trial;
    struct rtk_team *team;
    unsigned index, tasks;
    rtk_task task[RTK_TASKS_MAX]; /* `tasks` of them, in turns by the seed */

    rtk_status status; /* of the first call that failed, or of open() */
    char message[160];
    uint64_t calls;
    int64_t effective_workers;
    unsigned attempts, failing;    /* to allocate or start in a call, at most;
                                      which one fails in this, or 0 */
    uint64_t signals;              /* that may be sent to it; bit n-1: n */
    uint64_t interrupted;          /* calls during which one came */
    uint64_t *begun_ns, *ended_ns; /* trial->calls each */

    pthread_t thread;
    pid_t process; /* it leads: its own, and those behind it */
    pid_t child;   /* of a fork during its calls */
    bool started;
    bool ended, lost; /* its process: was waited for, died */
    int lost_to;      /* of signal n, or with exit code -n */
} rtk_actor;

/* Where the actors start; in memory that all processes of the trial share. */
typedef struct rtk_gate {
    atomic_uint arrived; /* actors at the gate; the last one opens it */
    atomic_uint open;
} rtk_gate;

enum { RTK_SEAT_LINE = 64 };

/* What the trial's process can see of an actor whose memory it does not share,
 * after each of its calls. Written by the actor alone. */
typedef struct rtk_seat {
    _Alignas(RTK_SEAT_LINE) bool arrived; /* at the gate; of any actor */
    rtk_status status;
    char message[sizeof((rtk_actor *)0)->message];
    uint64_t calls, interrupted;
    int64_t effective_workers;
    rtk_results task[RTK_TASKS_MAX];
} rtk_seat;

/* All actors and their start gate. The thread that runs the team is actor 0. */
typedef struct rtk_team {
    rtk_gate *gate;
    rtk_seat *seat; /* of each actor */
    /* What processes share that were exec'd, and what they are told; how they
     * say that they are ready and are told to go, -1: not now. */
    rtk_common common;
    rtk_brief *brief;
    int ready, go;
    bool worker; /* this process is one of them */
    /* Set before the gate opens: some actors could not be started, so nobody
     * waits for all. */
    bool incomplete;
    /* Between bursts: how many are there, how often all were, and that this is
     * the last time. */
    atomic_uint gathered, bursts;
    atomic_bool over;
    unsigned n;
    /* What actor 0 does after its calls while the others go on; never returns.
     * NULL: all end of themselves. Set before the actors start. */
    void (*leave)(const rtk_actor *actor);
    rtk_actor actor[]; /* n */
} rtk_team;

/* Allocate the team and the arrays of its actors, filled and protected.
 *
 *   team  out, on success only; it stays until the process ends
 *
 * Returns RTK_OK, RTK_ENOMEM, RTK_EINVAL or what the subject returned.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_team_new(rtk_team **team, const rtk_trial *trial);

/* The same team in a process that was exec'd for some of its actors: all that
 * lies in `common` is there already.
 *
 *   common  the brief was read from; the team's from now on
 *   brief  of `trial`
 *
 * Returns as rtk_team_new(); RTK_EINVAL, too, when the subject describes other
 * arrays than it did there. MT-Safe. */
RTK_CHECKED rtk_status rtk_team_join(rtk_team **team, const rtk_trial *trial,
                                     rtk_common common, rtk_brief *brief);

/* Zeroed memory that all processes of the trial share, or NULL. Those that were
 * exec'd share what each asks for in the same order. It stays until it is
 * unmapped. MT-Unsafe race:team. */
void *rtk_team_map(rtk_team *team, size_t bytes);

/* Start all actors but the first, be the first, and wait until all have ended.
 *
 * Returns RTK_OK, or RTK_ETHREAD when an actor could not be started; those
 * that were started have ended then.
 * MT-Unsafe race:team. */
RTK_CHECKED rtk_status rtk_team_run(rtk_team *team);

/* Be `first`, and start and join the other actors of the process that it leads.
 * Returns RTK_OK or RTK_ETHREAD, as rtk_team_run(). MT-Unsafe race:team. */
RTK_CHECKED rtk_status rtk_team_part(rtk_actor *first);

/* Behind the last actor of the process that `first` leads. MT-Safe. */
unsigned rtk_team_part_end(const rtk_actor *first);

/* Wait until all actors have ended a burst of calls: in the kernel, so that
 * those that wait for one that hangs are seen to be blocked.
 *
 *   on  whether the caller could go on
 *
 * Returns whether all can. MT-Safe. */
bool rtk_team_regroup(rtk_team *team, bool on);

/* Calls that overlapped in time with a call of another actor.
 * MT-Unsafe race:team. */
uint64_t rtk_team_overlap(const rtk_team *team);

#endif
