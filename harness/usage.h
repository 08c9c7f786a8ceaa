#ifndef RTK_USAGE_H
#define RTK_USAGE_H

/* How the actors of a trial use a subject, as data: a scenario is one value of
 * this type. */

#include <stdbool.h>

#include "harness/subject.h"

typedef enum rtk_actor_kind { RTK_THREADS, RTK_PROCESSES } rtk_actor_kind;

typedef enum rtk_instances {
    RTK_INSTANCE_OWN,      /* each actor opens one before the gate */
    RTK_INSTANCE_SHARED,   /* one, opened before the gate, for all */
    RTK_INSTANCE_AFTER,    /* each actor opens one after the gate */
    RTK_INSTANCE_EACH_CALL /* opened and closed round every call */
} rtk_instances;

typedef struct rtk_usage {
    rtk_actor_kind actors;
    rtk_instances instance;
    bool share_inputs;
    bool cold;               /* the trial process loads the plug-in itself */
    bool fork_idle;          /* fork after a first call; use on both sides */
    unsigned actors_per_cpu; /* 0: the usual number of actors */
    unsigned calls_most;     /* calls of one actor; 0: the usual number */
    uint64_t promise;        /* RTK_... that must be claimed, or 0 */
} rtk_usage;

#endif
