#ifndef RTK_SQUARES_H
#define RTK_SQUARES_H

/* A job whose results are easily checked: items are squared, and two of them
 * may be made to fail. */

#include "kernels/workers/test/unit.h"

#include "kernels/workers/apply.h"

enum { ITEMS = 200 };

/* One item and its result per slot. */
typedef struct squares {
    int items[ITEMS];
    long results[ITEMS];
    int fails[2]; /* with RTK_EFAILED and RTK_EIO */
    rtk_cancel cancel;
    int cancels; /* the item that asks to stop */
    rtk_apply_job job;
} squares;

/* The function; `context` is the squares. MT-Safe. */
static inline rtk_status squares_fn(void *context, const void *item,
                                    void *result) {
    squares *f = context;
    int x = *(const int *)item;
    *(long *)result = (long)x * x;
    if (x == f->cancels) rtk_cancel_request(&f->cancel);
    if (x == f->fails[0]) return RTK_EFAILED;
    return x == f->fails[1] ? RTK_EIO : RTK_OK;
}

/* Items 0 .. ITEMS-1, and none fails. MT-Safe. */
static inline void squares_set_up(squares *f) {
    *f = (squares){.fails = {-1, -1}, .cancels = -1};
    for (int i = 0; i < ITEMS; i++) f->items[i] = i;
    f->job = (rtk_apply_job){.fn = squares_fn,
                             .context = f,
                             .items = f->items,
                             .results = f->results,
                             .n = ITEMS,
                             .item_size = sizeof *f->items,
                             .result_size = sizeof *f->results,
                             .cancel = &f->cancel};
}

/* The results from .. to-1 are right. MT-Safe. */
static inline void squares_assert(const squares *f, long from, long to) {
    for (long i = from; i < to; i++) assert_int_equal(i * i, f->results[i]);
}

#endif
