#ifndef RTK_CONDITIONS_H
#define RTK_CONDITIONS_H

/* The circumstances of a trial: one value on each axis. What a value is called
 * and which promise it needs stands in stress/axes/, a file an axis; what it
 * does, where the harness asks for it. Value 0 is always the plain one. */

#include <stdbool.h>
#include <stdint.h>

typedef enum rtk_axis_id {
    RTK_AXIS_CALLERS,
    RTK_AXIS_END,
    RTK_AXIS_FAILURE,
    RTK_AXIS_FORKS,
    RTK_AXIS_INPUTS,
    RTK_AXIS_LIMITS,
    RTK_AXIS_NESTING,
    RTK_AXIS_SIZES,
    RTK_AXIS_WORKERS,
    RTK_AXES
} rtk_axis_id;

/* A value of each axis; immutable during a trial. */
typedef struct rtk_conditions {
    uint8_t at[RTK_AXES];
} rtk_conditions;

/* Who closes an instance that an actor has opened for itself. */
enum { RTK_END_OWNER, RTK_END_OTHER };

/* What cannot be had during one of the calls: an allocation; one start of a
 * thread; that and each one after it, as at a limit. */
enum {
    RTK_FAILURE_NONE,
    RTK_FAILURE_MEMORY,
    RTK_FAILURE_THREAD,
    RTK_FAILURE_THREADS
};

/* What is done about a fork: the child calls; it ends by exit(), with all that
 * the library has registered; its own child calls; before any call was made;
 * by a thread that has made none. */
enum {
    RTK_FORKS_CHILD,
    RTK_FORKS_EXIT,
    RTK_FORKS_NESTED,
    RTK_FORKS_EARLY,
    RTK_FORKS_THREAD
};

/* Where arrays lie: on a page, up to the next page (which cannot be read), one
 * element behind the start of a page, or in a mapped file. */
enum {
    RTK_INPUTS_PAGE,
    RTK_INPUTS_PAGE_END,
    RTK_INPUTS_OFFSET,
    RTK_INPUTS_FILE
};

/* What the process is limited to. */
enum { RTK_LIMITS_NONE, RTK_LIMITS_ONE_CPU };

/* From where an actor calls. */
enum { RTK_NESTING_NONE, RTK_NESTING_LOOP, RTK_NESTING_SMALL_STACK };

/* Which values parameters get: as drawn, the least, or near a threshold. */
enum {
    RTK_SIZES_DRAWN,
    RTK_SIZES_LEAST,
    RTK_SIZES_BELOW,
    RTK_SIZES_AT,
    RTK_SIZES_ABOVE
};

/* How many workers a call asks for. */
enum {
    RTK_WORKERS_AS_DRAWN,
    RTK_WORKERS_ONE,
    RTK_WORKERS_TWO,
    RTK_WORKERS_PRIME,
    RTK_WORKERS_CPUS_AND_ONE,
    RTK_WORKERS_ALL,
    RTK_WORKERS_LOWEST,
    RTK_WORKERS_HUGE,
    RTK_WORKERS_REFUSED,
    RTK_WORKERS_TOO_LOW
};

/* Whether calls ask for a number of workers that must be refused. MT-Safe. */
static inline bool rtk_workers_refused(const rtk_conditions *c) {
    return c->at[RTK_AXIS_WORKERS] >= RTK_WORKERS_REFUSED;
}

/* How many actors there are: as the scenario has it, or these. */
enum {
    RTK_CALLERS_USUAL,
    RTK_CALLERS_TWO,
    RTK_CALLERS_CPUS_AND_ONE,
    RTK_CALLERS_MANY
};

#endif
