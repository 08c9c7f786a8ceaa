/* Loops where there is not a CPU for each worker: beside a foreign process, on
 * one CPU, and with four workers for each CPU. */

#include "bench/peers/loop_sides.h"

static const rtk_body *const works[] = {&rtk_body_2, &rtk_body_20,
                                        &rtk_body_300};
enum { WORKS = sizeof works / sizeof *works, TIMES = 4 };

/* ---- One foreign process ---------------------------------------------------
 */

rtk_sides rtk_foreign_sides(void) {
    static rtk_side_list list;
    const rtk_runtime *staying = rtk_runtime_named("racetrack, on any CPU");
    if (list.n) return (rtk_sides){list.side, list.n};
    for (int policy = 0; policy < RTK_POLICIES; policy++)
        /* Not the smallest: a time slice is thousands of such loops. */
        for (int i = 1; i < WORKS; i++) {
            rtk_loop_case l = {.group = "foreign",
                               .body = works[i],
                               .policy = (rtk_policy)policy,
                               .workers = 2,
                               .parts = 2,
                               .waits = RTK_WAITS_NONE,
                               .sample_ns = 2e8};
            rtk_side_list_all(&list, &l);
            rtk_side_list_loop(&list, &l, staying);
        }
    return (rtk_sides){list.side, list.n};
}

/* ---- One CPU ---------------------------------------------------------------
 */

rtk_sides rtk_confined_sides(void) {
    static rtk_side_list list;
    if (list.n) return (rtk_sides){list.side, list.n};
    for (int policy = 0; policy < RTK_POLICIES; policy++)
        for (int i = 0; i < WORKS; i++) {
            rtk_loop_case l = {.group = "confined",
                               .body = works[i],
                               .policy = (rtk_policy)policy,
                               .workers = 1,
                               .parts = 2,
                               .waits = RTK_WAITS_NONE,
                               .confined = true};
            rtk_side_list_loop(&list, &l, rtk_runtime_named(RTK_OURS));
            l.workers = 2;
            rtk_side_list_all(&list, &l);
        }
    return (rtk_sides){list.side, list.n};
}

/* ---- Too many workers ------------------------------------------------------
 */

rtk_sides rtk_oversubscribed_sides(void) {
    static rtk_side_list list;
    unsigned workers = TIMES * rtk_cpus_usable();
    if (workers > RTK_PARTS_MAX) workers = RTK_PARTS_MAX;
    if (list.n) return (rtk_sides){list.side, list.n};
    for (int policy = 0; policy < RTK_POLICIES; policy++)
        for (int i = 0; i < WORKS; i++) {
            rtk_loop_case l = {.group = "oversubscribed",
                               .body = works[i],
                               .policy = (rtk_policy)policy,
                               .workers = workers,
                               .parts = workers,
                               .waits = RTK_WAITS_NONE};
            rtk_side_list_all(&list, &l);
        }
    return (rtk_sides){list.side, list.n};
}
