#ifndef RTK_SWEEP_POINTS_H
#define RTK_SWEEP_POINTS_H

/* Where a sweep measures: workers x BLAS threads. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

enum { RTK_POINTS_MAX = 1024, RTK_AXIS_MAX = 64 };

/* One point. */
typedef struct rtk_point {
    unsigned workers;    /* 1 or more */
    unsigned blas;       /* BLAS threads; 0: the subject has none to set */
    bool oversubscribed; /* more threads than usable CPUs */
} rtk_point;

/* What was asked for: no values = chosen here. Workers are as in the grammar
 * of workers.h, BLAS threads 1 or more. */
typedef struct rtk_axes {
    size_t n_workers, n_blas;
    int64_t workers[RTK_AXIS_MAX], blas[RTK_AXIS_MAX];
} rtk_axes;

/* Choose the points.
 *
 * Axes that were given are crossed. Where one is not, it is 1, 2, 3, 4, 6, 8,
 * 12 ... (workers) or 1, 2, 4, 8 ... (BLAS threads) up to `cpus`, with `cpus`
 * itself, crossed as far as the threads fit the CPUs. What too many threads
 * cost is then measured at one point, twice as many workers as CPUs, and, with
 * BLAS threads, at the one a careless caller meets: all CPUs on both axes.
 *
 *   cpus    usable CPUs, 1 or more
 *   blas    the subject has a number of BLAS threads
 *   points  out: room for RTK_POINTS_MAX; in rising order, each once
 *   n       out, on success only
 *
 * Returns RTK_OK; RTK_EINVAL when a value is outside the grammar or there are
 * too many points. MT-Safe env. */
RTK_CHECKED rtk_status rtk_points_choose(const rtk_axes *axes, unsigned cpus,
                                         bool blas, rtk_point *points,
                                         size_t *n);

#endif
