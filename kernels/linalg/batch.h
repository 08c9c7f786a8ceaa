#ifndef RTK_BATCH_H
#define RTK_BATCH_H

/* What all operations on batches share: the checks, the split, the loop over
 * matrices, and memory to work in. Internal to linalg/.
 *
 * An operation opens a batch, says how much memory one matrix needs, and runs
 * it; its entry() is then called for each matrix, by whichever worker. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernels/linalg/grid.h"
#include "kernels/linalg/linalg.h"
#include "kernels/linalg/split.h"

enum { RTK_BATCH_ARRAYS = 5, RTK_ROOM_ALIGN = 64 };

/* Memory for one matrix, laid out by rtk_room_take(). */
typedef struct rtk_room {
    size_t bytes;
    bool too_large;
} rtk_room;

/* Reserve `count` elements of `bytes` each. Returns their offset, a multiple of
 * RTK_ROOM_ALIGN. MT-Unsafe race:room. */
size_t rtk_room_take(rtk_room *room, size_t count, size_t bytes);

typedef struct rtk_batch rtk_batch;

/* Compute matrix, or slice of one, `index`: grids[i] is the matrix' part of
 * arrays[i]; `room` is for this call alone. Returns info. */
typedef int rtk_batch_entry(const rtk_batch *batch, size_t index,
                            const rtk_grid *grids, char *room);

/* The same for matrices from .. to-1, all at once; info of all is 0. */
typedef void rtk_batch_range(const rtk_batch *batch, size_t from, size_t to,
                             rtk_grid *grids);

/* Set by the operation, up to `range`; the rest by rtk_batch_open(). Read-only
 * while it runs. The first member of the operation's own struct. */
struct rtk_batch {
    const rtk_array *arrays[RTK_BATCH_ARRAYS]; /* NULL: not given */
    unsigned char axes[RTK_BATCH_ARRAYS];      /* of one matrix: 1 or 2 */
    size_t n_arrays, n_inputs;                 /* inputs come first */
    rtk_batch_entry *entry;
    rtk_batch_range *range; /* NULL, or called instead where slices is 1 */

    rtk_linalg_options options;
    size_t rank, count; /* leading axes, and matrices */
    rtk_room room;
    rtk_split_work work; /* by rtk_batch_work() */

    unsigned cpus;
    rtk_split split;
    size_t slices; /* of each matrix; entry() is called for each of them */
    size_t each;   /* slices of a part */
    char *block;   /* split.workers rooms */
    atomic_uchar *taken;
};

/* Check all that holds for every operation: the arrays and options, numbers
 * that LAPACK has, equal leading axes, and that no output meets anything but
 * itself.
 *
 *   options  NULL: RTK_LINALG_OPTIONS
 *
 * Returns RTK_OK, RTK_EINVAL, or RTK_EUNSUPPORTED. MT-Unsafe race:batch. */
RTK_CHECKED rtk_status rtk_batch_open(rtk_batch *batch,
                                      const rtk_linalg_options *options);

/* The length of axis `axis`, 0 or 1, of the matrices of array `i`. MT-Safe. */
size_t rtk_batch_length(const rtk_batch *batch, size_t i, size_t axis);

/* Whether the matrices of array `i` have the number and lengths given; true
 * when it is not given. `columns` is not looked at where there is one axis.
 * MT-Safe. */
bool rtk_batch_fits(const rtk_batch *batch, size_t i, rtk_number number,
                    size_t rows, size_t columns);

/* The matrices of array `i`, without data. MT-Safe. */
rtk_grid rtk_batch_grid(const rtk_batch *batch, size_t i);

/* Say what one matrix is, as rtk_split_work. MT-Unsafe race:batch. */
void rtk_batch_work(rtk_batch *batch, rtk_split_operation operation, size_t m,
                    size_t n, size_t k);

/* Choose the split of the work that was said, and whether the operation may do
 * without the BLAS: it may not when the caller asks for threads of it.
 *
 *   may  out
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Unsafe race:batch. */
RTK_CHECKED rtk_status rtk_batch_divide(rtk_batch *batch, bool *may);

/* The operation does without the BLAS, whose threads are then left as they are.
 *
 *   most  slices that a matrix may be cut into, where there are more CPUs than
 *         matrices; 1 or more
 *
 * MT-Unsafe race:batch. */
void rtk_batch_avoid_blas(rtk_batch *batch, size_t most);

/* Where matrix `index` of each array lies: sets data of grids[i], unless it is
 * NULL. MT-Safe. */
void rtk_batch_locate(const rtk_batch *batch, size_t index, rtk_grid *grids);

/* Call entry() for each matrix.
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED or RTK_ENOMEM.
 * MT-Unsafe race:batch. */
RTK_CHECKED rtk_status rtk_batch_run(rtk_batch *batch);

#endif
