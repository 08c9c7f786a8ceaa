#ifndef RTK_FLOOR_SIDES_H
#define RTK_FLOOR_SIDES_H

/* What no runtime can be faster than, on this machine and now. */

#include "bench/peers/loop_sides.h"

#define RTK_FLOOR_PINNED  "ping-pong, pinned"
#define RTK_FLOOR         "ping-pong"
#define RTK_WAKE          "futex wake, on another CPU"
#define RTK_WAKE_ANYWHERE "futex wake"

/* Add to `loop`'s case a cache line that goes to another thread with a job in
 * it and comes back, on two CPUs by mask and on any.
 * MT-Unsafe race:list. */
void rtk_side_list_floors(rtk_side_list *list, const rtk_loop_case *loop);

/* Add the system call that wakes a thread which has slept for 1 ms: on another
 * CPU, as helpers do, which takes an interrupt between the two, and anywhere.
 * MT-Unsafe race:list. */
void rtk_side_list_wakes(rtk_side_list *list, const rtk_loop_case *loop);

#endif
