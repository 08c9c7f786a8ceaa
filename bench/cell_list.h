#ifndef RTK_CELL_LIST_H
#define RTK_CELL_LIST_H

/* The cells of a sweep: every subject at every size and point. Both drivers,
 * the sweep and the co-process, have them from here. */

#include "bench/bench_cell.h"
#include "bench/sweep.h"

/* Cells and the arrays that they share; belongs to one thread. */
typedef struct rtk_cell_list {
    rtk_site **sites;
    size_t n_sites;
    rtk_bench_cell **cells;
    size_t n_cells;
} rtk_cell_list;

/* List the cells that `ask` means; none is opened, no array allocated.
 *
 *   list      out; release with rtk_cell_list_destroy() also after a failure
 *   sentence  out on RTK_EINVAL: what was wrong with the request
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM. MT-Unsafe race:list. */
RTK_CHECKED rtk_status rtk_cell_list_build(rtk_cell_list *list,
                                           const rtk_sweep *ask,
                                           char sentence[RTK_SENTENCE]);

/* Close all and release. MT-Unsafe race:list. */
void rtk_cell_list_destroy(rtk_cell_list *list);

/* Bytes that arrays may take together: half the memory, for the rest is what
 * plans and libraries allocate, and others'. MT-Safe. */
size_t rtk_cell_memory(void);

#endif
