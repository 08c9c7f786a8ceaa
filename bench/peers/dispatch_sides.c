/* How long an empty parallel loop takes, and one with a little work: for
 * helpers that spin and that sleep, back to back and 1 ms apart. */

#include "bench/peers/floor_sides.h"

static rtk_side_list list;

static void add(const rtk_loop_case *l) {
    const rtk_runtime *sharing = rtk_runtime_named("racetrack, always shared");
    rtk_side_list_all(&list, l);
    rtk_side_list_loop(&list, l, sharing);
    if (l->workers == 2 && l->body == &rtk_body_empty)
        rtk_side_list_floors(&list, l);
}

/* Only runtimes that share such a loop on purpose are asked to. */
static void add_meeting(const rtk_loop_case *l) {
    static const char *const names[] = {"racetrack, always shared", "libgomp",
                                        "libomp", "pthread_create"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const rtk_runtime *r = rtk_runtime_named(names[i]);
        if (r) rtk_side_list_loop(&list, l, r);
    }
    rtk_side_list_floors(&list, l);
}

static void add_policy(rtk_loop_case l) {
    static const unsigned workers[] = {1, 2, 4};
    static const rtk_body *const works[] = {
        &rtk_body_2, &rtk_body_5, &rtk_body_20, &rtk_body_50, &rtk_body_300};
    l.waits = l.policy == RTK_SPINNING ? RTK_WAITS_ALL : RTK_WAITS_CALLER;
    l.body = &rtk_body_empty;
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        l.workers = l.parts = workers[i];
        add(&l);
    }
    l.workers = l.parts = 2;
    l.body = &rtk_body_meeting;
    add_meeting(&l);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        l.body = works[i];
        add(&l);
    }
}

rtk_sides rtk_dispatch_sides(void) {
    static const rtk_rhythm rhythms[] = {RTK_BACK_TO_BACK, RTK_SPACED};
    if (list.n) return (rtk_sides){list.side, list.n};
    for (int policy = 0; policy < RTK_POLICIES; policy++)
        for (size_t r = 0; r < 2; r++)
            add_policy((rtk_loop_case){.group = "dispatch",
                                       .policy = (rtk_policy)policy,
                                       .rhythm = rhythms[r]});
    return (rtk_sides){list.side, list.n};
}
