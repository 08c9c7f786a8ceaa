/* A search puts its key behind the last element, so that it need not look for
 * the end, and restores what stood there. Nobody sees it afterwards; another
 * reader of the input can see it meanwhile. */
#include "stress/faults/fault_common.h"

enum { LAST = RTK_TWIN_COUNT - 1 };

/* Where the first `key` stands; RTK_TWIN_COUNT if nowhere. */
static size_t search_with_sentinel(double *x, double key) {
    double last = x[LAST];
    size_t i = 0;
    x[LAST] = key;
    while (x[i] != key) i++;
    x[LAST] = last;
    return i == LAST && last != key ? RTK_TWIN_COUNT : i;
}

static size_t search(const double *x, double key) {
    size_t i = 0;
    while (i < RTK_TWIN_COUNT && x[i] != key) i++;
    return i;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    const double *x = rtk_twin_x(views);
    (void)self, (void)instance;
    rtk_twin_work(work, views);
    call->result = RTK_PLANT(input_modified)
                       ? search_with_sentinel((double *)(uintptr_t)x, 1)
                       : search(x, 1);
    return RTK_OK;
}

RTK_TWIN(input_modified, .run = run)
