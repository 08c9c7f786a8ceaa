#ifndef RTK_APPLY_H
#define RTK_APPLY_H

/* A function applied to every item, by any executor or by a map that brings
 * results back itself: results in input order, each item once, checked. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One application: reads `item`, writes `result`. A status other than RTK_OK
 * is a failure of this item; the other items are still run. */
typedef rtk_status (*rtk_apply_fn)(void *context, const void *item,
                                   void *result);

/* What is applied to what. Arrays are contiguous, with elements of the given
 * sizes in bytes; `results` overlaps nothing and belongs to the caller. */
typedef struct rtk_apply_job {
    rtk_apply_fn fn;
    void *context; /* handed to every fn */
    const void *items;
    void *results;
    size_t n, item_size, result_size;
    size_t context_size;      /* bytes of it that travel to workers which do not
                                 share memory; 0: nothing but the pointer */
    const rtk_cancel *cancel; /* NULL: cannot be stopped */
} rtk_apply_job;

/* Apply by an executor: results[i] comes from items[i], because each part
 * writes its own place, whatever the order of the parts. An executor with an
 * apply() of its own, such as one of processes, gets the job as it is.
 *
 *   executor, workers, loop  as in rtk_parallel_for(); loop->failed_part is
 *                            the first item in input order that failed
 *
 * Returns what rtk_parallel_for() does: RTK_EMAP for a dropped, repeated or
 * invented item, else the status of the first failing item in input order.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_apply(const rtk_executor *executor, int64_t workers,
                                 const rtk_apply_job *job, rtk_loop *loop);

/* The receipt of one item, to be laid in the item's place. */
typedef uint64_t rtk_receipt;

/* A map-like callable which, as Python's map(), collects what the calls return
 * into a list of its own. It calls call(arg, i) once for each i in 0 .. n-1, on
 * any threads, and puts what that returns into receipts[i]. */
typedef struct rtk_collector {
    size_t size;
    const char *name;
    void *self;
    rtk_status (*map)(void *self, rtk_receipt (*call)(void *arg, size_t i),
                      void *arg, size_t n, rtk_receipt *receipts);
} rtk_collector;

/* Apply by a collector, and find out whether it kept the order. Each call's
 * receipt names its item and this very job, in a word that cannot be guessed
 * by accident; after the map the receipts must lie in input order. A list that
 * is reversed, short, or has an item twice is RTK_EMAP, and so is a call that
 * was repeated or invented: never a wrong answer taken for a right one. Results
 * are then undefined.
 *
 *   loop  as in rtk_apply(); effective is not known and 0
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_ENOMEM, RTK_EMAP, the status of the first
 * failing item in input order, or that of the map itself. The map must have
 * ended all its calls when it returns. A single item, and a job inside a part
 * of a loop, need no map and run in the caller.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_apply_collected(const rtk_collector *collector,
                                           const rtk_apply_job *job,
                                           rtk_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
