#ifndef RTK_LOOP_SIDES_H
#define RTK_LOOP_SIDES_H

/* Makes sides that run loops on a runtime, for the groups that have some. */

#include "bench/peers/loop_bodies.h"
#include "bench/peers/runtimes.h"

/* When the next loop starts. */
typedef enum rtk_rhythm {
    RTK_BACK_TO_BACK, /* at once */
    RTK_SPACED,       /* after 1 ms in which the caller is busy */
    RTK_UNTIL_FIRST,  /* as before; timed up to the caller's first part */
    RTK_IDLE          /* CPU time used in the second after some loops */
} rtk_rhythm;

typedef struct rtk_loop_case {
    const char *group;
    const rtk_body *body;
    rtk_policy policy;
    rtk_rhythm rhythm;
    unsigned workers, parts;
    rtk_waits waits;
    bool confined;
    double sample_ns;
} rtk_loop_case;

/* Sides in the making; live for ever. */
typedef struct rtk_side_list {
    rtk_side side[RTK_SIDES_MAX];
    rtk_loop_case cases[RTK_SIDES_MAX];
    char process[RTK_SIDES_MAX][80];
    size_t n;
} rtk_side_list;

/* Add such a loop on `runtime`, or a side that is ready; beyond RTK_SIDES_MAX
 * it is dropped. MT-Unsafe race:list. */
void rtk_side_list_loop(rtk_side_list *list, const rtk_loop_case *loop,
                        const rtk_runtime *runtime);
void rtk_side_list_add(rtk_side_list *list, rtk_side side);

/* Add it on every runtime but the variants, which are named one by one.
 * MT-Unsafe race:list. */
void rtk_side_list_all(rtk_side_list *list, const rtk_loop_case *loop);

/* The words for `rhythm`, or NULL. MT-Safe. */
const char *rtk_rhythm_text(rtk_rhythm rhythm);

/* Keep the CPU busy for about 1 ms. MT-Safe. */
void rtk_be_busy(void);

#endif
