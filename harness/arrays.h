#ifndef RTK_ARRAYS_H
#define RTK_ARRAYS_H

/* The arrays of a trial or a benchmark cell: described by the subject, owned
 * here. Each array lies between guard pages, with canaries in the slack of its
 * pages; inputs can be made read-only, outputs are poisoned before a call. */

#include "harness/common.h"
#include "harness/conditions.h"
#include "harness/subject.h"

/* All arrays of one actor. The struct belongs to one thread until the actors
 * start; during the calls the actor reads it and writes through data only. */
typedef struct rtk_arrays {
    rtk_views views;
    rtk_view view[RTK_VIEWS_MAX];
    struct {
        char *map;        /* guard page, data pages, guard page */
        size_t map_bytes; /* 0: borrowed from another rtk_arrays */
        size_t data_bytes;
    } store[RTK_VIEWS_MAX];
} rtk_arrays;

/* How arrays are to lie. */
typedef struct rtk_layout {
    bool across;              /* shared with processes that are forked later */
    rtk_common *common;       /* NULL, or where they lie: shared with all that
                                 join it; arrays of one that was joined keep
                                 what is in them */
    const rtk_arrays *lender; /* NULL, or whose memory is borrowed for every
                                 view that is not per actor: share ALWAYS, and
                                 inputs when `share_inputs` */
    bool share_inputs;
    unsigned place; /* RTK_INPUTS_... of conditions.h */
} rtk_layout;

/* Allocate what `op` of `subject` describes for `args`.
 *
 *   arrays  out; release with rtk_arrays_destroy()
 *
 * Returns RTK_OK, RTK_ENOMEM, RTK_EINVAL (a description that contradicts
 * itself), or what describe() returned.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_arrays_init(rtk_arrays *arrays,
                                       const rtk_subject *subject,
                                       const rtk_op *op, const rtk_args *args,
                                       rtk_layout layout);

/* Release; a zeroed struct is allowed. MT-Unsafe race:arrays. */
void rtk_arrays_destroy(rtk_arrays *arrays);

/* Whether view `i` is these arrays' alone: not borrowed, and not one that all
 * actors share. MT-Safe. */
bool rtk_arrays_own(const rtk_arrays *arrays, size_t i);

/* Make the inputs (RTK_IN) read-only, or writable again. Outputs stay.
 * Returns RTK_OK or RTK_EIO. MT-Unsafe race:arrays. */
RTK_CHECKED rtk_status rtk_arrays_protect(rtk_arrays *arrays, bool readonly);

/* Set all bits of every RTK_OUT array that is the actor's own: NaN in floating
 * point, -1 in integers, which is no sound result.
 * MT-Unsafe race:arrays. */
void rtk_arrays_poison(rtk_arrays *arrays);

/* Name of a view whose canary was overwritten, or NULL.
 * MT-Unsafe race:arrays. */
const char *rtk_arrays_overrun(const rtk_arrays *arrays);

/* What lies at `address`: the view's name, with *input and *guard set, or NULL
 * when it is not in these arrays. Async-signal-safe, MT-Safe. */
const char *rtk_arrays_locate(const rtk_arrays *arrays, const void *address,
                              bool *input, bool *guard);

#endif
