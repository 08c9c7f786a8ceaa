#ifndef RTK_PROCESS_COURSE_H
#define RTK_PROCESS_COURSE_H

/* A loop on processes while it runs, and what is known of its parts. Internal
 * to workers. */

#include "kernels/workers/processes/processes_internal.h"

/* Belongs to the caller of the loop, which owns the pool. */
typedef struct rtk_process_course {
    rtk_processes *pool;
    rtk_process_board *board;
    const rtk_work *work;
    unsigned seats;     /* workers that may take part */
    size_t first, last; /* parts that may be left to run: first .. last-1 */
    uint64_t retried, timed_out;
    rtk_processes_counts end; /* last_...: of the last worker that died */
    rtk_status broken;        /* why no further round is possible */
    bool cancelled;
} rtk_process_course;

/* Make all parts of the loop free.
 * Returns RTK_OK or RTK_ENOMEM. MT-Unsafe race:course. */
RTK_CHECKED rtk_status rtk_process_parts_free_all(rtk_process_course *course);

/* Find the parts that were lost, and give those up that were lost too often;
 * nobody runs a part. Sets first and last; whether anything is left to run.
 * MT-Unsafe race:course. */
bool rtk_process_parts_recover(rtk_process_course *course);

/* What came of the loop: returns its status and fills `loop`.
 * MT-Unsafe race:course. */
rtk_status rtk_process_parts_judge(const rtk_process_course *course,
                                   rtk_loop *loop);

/* Add what happened to the pool's counts, and let the memory of many parts go.
 * MT-Unsafe race:course. */
void rtk_process_parts_end(const rtk_process_course *course);

#endif
