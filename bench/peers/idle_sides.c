/* What helpers cost while there is nothing to do, and what it costs the caller
 * when they sleep. */

#include "bench/peers/floor_sides.h"

static rtk_side_list list;

static void add_first(rtk_policy policy) {
    rtk_loop_case l = {.group = "idle",
                       .body = &rtk_body_first,
                       .policy = policy,
                       .rhythm = RTK_UNTIL_FIRST,
                       .workers = 2,
                       .parts = 2};
    rtk_side_list_all(&list, &l);
    rtk_side_list_loop(&list, &l,
                       rtk_runtime_named("racetrack, always shared"));
    rtk_side_list_wakes(&list, &l);
}

static void add_idle(rtk_policy policy) {
    rtk_loop_case l = {.group = "idle",
                       .body = &rtk_body_20,
                       .policy = policy,
                       .rhythm = RTK_IDLE,
                       .workers = 2,
                       .parts = 2,
                       .waits = RTK_WAITS_NONE};
    size_t n;
    const rtk_runtime *r = rtk_runtimes(&n);
    for (size_t i = 0; i < n; i++) {
        bool peer = r[i].kind == RTK_KIND_PEER || r[i].kind == RTK_KIND_OURS;
        /* A second each: not twice for the same. */
        if (peer && !(r[i].one_policy && policy == RTK_SPINNING))
            rtk_side_list_loop(&list, &l, &r[i]);
    }
}

rtk_sides rtk_idle_sides(void) {
    if (!list.n) {
        add_first(RTK_SLEEPING);
        add_idle(RTK_SLEEPING);
        add_idle(RTK_SPINNING);
    }
    return (rtk_sides){list.side, list.n};
}
