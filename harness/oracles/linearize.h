#ifndef RTK_LINEARIZE_H
#define RTK_LINEARIZE_H

/* Is there an order of the calls, one after the other, that explains all their
 * results, and in which no call comes before one that had ended when it began?
 * After Wing and Gong, and Lowe: the search keeps what can have happened up to
 * some number of calls, each state once. */

#include "harness/subject.h"

enum { RTK_HISTORY_ACTORS_MAX = 16 };

/* One call that has returned. */
typedef struct rtk_event {
    uint64_t begun_ns, ended_ns;
    uint64_t result;
    const void *what; /* for apply() */
    uint64_t round;   /* of its actor */
} rtk_event;

/* What the actors did, each one call after the other. */
typedef struct rtk_history {
    unsigned actors; /* up to RTK_HISTORY_ACTORS_MAX */
    const rtk_event *event[RTK_HISTORY_ACTORS_MAX];
    size_t n[RTK_HISTORY_ACTORS_MAX];
    size_t state_bytes;
    const void *start; /* state before the first call */
    /* Apply `event` of `actor` to `state`; false when it cannot have had its
     * result there. */
    bool (*apply)(void *context, void *state, unsigned actor,
                  const rtk_event *event);
    void *context;
} rtk_history;

typedef enum rtk_linearity {
    RTK_LINEAR,
    RTK_NOT_LINEAR,
    RTK_NOT_DECIDED /* too many states, or no memory */
} rtk_linearity;

/* Where no order goes on. */
typedef struct rtk_impasse {
    size_t explained; /* the longest row of calls that can be ordered */
    size_t next[RTK_HISTORY_ACTORS_MAX]; /* of each actor, not in it */
    unsigned actor; /* whose next call must come now, as it ended first */
} rtk_impasse;

/* Search. `impasse` is set when the answer is RTK_NOT_LINEAR. MT-Safe. */
rtk_linearity rtk_linearize(const rtk_history *history, rtk_impasse *impasse);

#endif
