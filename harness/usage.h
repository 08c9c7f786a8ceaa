#ifndef RTK_USAGE_H
#define RTK_USAGE_H

/* How the actors of a trial use a subject, as data: a scenario is one value of
 * this type. */

#include <stdbool.h>

#include "harness/subject.h"

typedef enum rtk_actor_kind {
    RTK_THREADS,
    RTK_PROCESSES, /* forked from the trial's process, with all that it has */
    RTK_SPAWNED    /* exec'd anew: they load the plug-in and share arrays alone;
                      no shared instance, no fork, an orderly finish */
} rtk_actor_kind;

typedef enum rtk_instances {
    RTK_INSTANCE_OWN,      /* each actor opens one before the gate */
    RTK_INSTANCE_SHARED,   /* one, opened before the gate, for all */
    RTK_INSTANCE_AFTER,    /* each actor opens one after the gate */
    RTK_INSTANCE_EACH_CALL /* opened and closed round every call */
} rtk_instances;

typedef enum rtk_fork {
    RTK_FORK_NONE,
    RTK_FORK_IDLE, /* after a first call has returned; use on both sides */
    RTK_FORK_BUSY  /* by one actor while the others are in their calls */
} rtk_fork;

/* What the process does while or after the actors use the subject. */
typedef enum rtk_finish {
    RTK_FINISH_ORDERLY,
    RTK_FINISH_EXIT,  /* exit() while actors are in their calls */
    RTK_FINISH_UNLOAD /* dlclose() of the plug-in after the last close */
} rtk_finish;

typedef struct rtk_usage {
    rtk_actor_kind actors;
    unsigned threads_each; /* of each process; 0: one */
    rtk_instances instance;
    rtk_fork fork;
    rtk_finish finish;
    bool share_inputs;
    bool cold;               /* the trial process loads the plug-in itself */
    bool mixed;              /* operations and arguments differ by actor */
    bool thread_each_call;   /* every call is made by a thread of its own */
    bool interrupts;         /* a signal comes in each call: interrupts.h */
    unsigned actors_fixed;   /* so many actors; 0: see the next */
    unsigned actors_per_cpu; /* 0: the usual number of actors */
    unsigned calls_most;     /* calls of one actor; 0: the usual number */
    unsigned weight;         /* time of a trial, in usual ones; 0: one */
    unsigned burst;          /* after so many calls of each actor all wait for
                                each other; 0: never. Not with
                                RTK_INSTANCE_AFTER, nor processes */
    uint64_t promise;        /* RTK_... that must be claimed, or 0 */
} rtk_usage;

#endif
