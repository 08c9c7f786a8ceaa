#ifndef RTK_BLAS_SEATS_H
#define RTK_BLAS_SEATS_H

/* How many threads may be in the BLAS at once. OpenBLAS has a work space for
 * each, in a table of max(50, 2 x the threads it was built for) entries; when
 * they are used up, versions up to 0.3.21 at least give up or write elsewhere
 * (blas_memory_alloc() and blas_memory_free() in its driver/others/memory.c).
 * Its own threads need one each, too, so we take no more than there are CPUs,
 * or 24. */

#include "kernels/workers/status.h"

/* Take a seat; waits until one is free. Returns RTK_OK, or RTK_ENOMEM if seats
 * could not be had when the library was loaded. The child of a fork finds all
 * of them free. MT-Safe. */
RTK_CHECKED rtk_status rtk_blas_enter(void);

/* Give it back. MT-Safe. */
void rtk_blas_leave(void);

#endif
