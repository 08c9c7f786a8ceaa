#include "harness/locks/held_locks.h"

#include "harness/oracles/oracle.h"

static void begin(rtk_team *team) {
    (void)team;
    rtk_lock_order_begin();
}

/* Circles are told when they close; what two threads did at the same moment is
 * looked at again. */
static bool judge(rtk_team *team) {
    (void)team;
    rtk_lock_order_end();
    rtk_lock_graph_judge();
    return true;
}

/* Of its own process; the others see theirs when they close. */
static void actor_ends(rtk_actor *actor) {
    if (actor->trial->usage->actors != RTK_THREADS) rtk_lock_graph_judge();
}

const rtk_oracle rtk_lock_order_oracle = {
    .name = "lock-order",
    .summary = "no circle in the orders in which threads wait for mutexes, "
               "rwlocks, spin locks, semaphores used as locks, and locks that "
               "a plug-in tells of",
    .claim = "always",
    .trial_begins = begin,
    .actor_ends = actor_ends,
    .trial_ended = judge,
    .tell = rtk_lock_order_tell,
};
