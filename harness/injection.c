#include "harness/injection.h"

#include "harness/hooks/failure.h"
#include "harness/random.h"

/* Where the random numbers of this decision begin. */
enum { DRAW = 9000 };

static rtk_failure_kind kind_of(const rtk_trial *t) {
    return t->conditions.at[RTK_AXIS_FAILURE] == RTK_FAILURE_MEMORY
               ? RTK_FAILURE_OF_MEMORY
               : RTK_FAILURE_OF_THREAD;
}

bool rtk_inject_possible(const rtk_trial *trial) {
    return rtk_failure_possible(kind_of(trial));
}

void rtk_inject_begin(rtk_actor *actor, uint64_t n) {
    const rtk_trial *t = actor->trial;
    if (t->conditions.at[RTK_AXIS_FAILURE] == RTK_FAILURE_NONE) return;
    actor->failing = 0;
    if (n % 2 && actor->attempts)
        actor->failing =
            1 + (unsigned)rtk_random_below(t->seed ^ (DRAW + actor->index), n,
                                           actor->attempts);
    rtk_failure_arm(kind_of(t), actor->failing,
                    t->conditions.at[RTK_AXIS_FAILURE] == RTK_FAILURE_THREADS);
}

bool rtk_inject_end(rtk_actor *actor) {
    const rtk_trial *t = actor->trial;
    if (t->conditions.at[RTK_AXIS_FAILURE] == RTK_FAILURE_NONE) return false;
    unsigned seen = rtk_failure_count(kind_of(t));
    rtk_failure_disarm();
    if (seen > actor->attempts) actor->attempts = seen;
    return actor->failing && seen >= actor->failing;
}
