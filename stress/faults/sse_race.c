/* Callers scale their input into one static buffer, through 128-bit vectors;
 * with one input for all they even write the same values. */
#include <string.h>

#include "stress/faults/fault_common.h"

typedef double pair __attribute__((vector_size(16)));

enum { PAIRS = RTK_TWIN_COUNT / 2 };

static void scale(pair *to, const double *x) {
    const pair *from = (const pair *)(const void *)x;
    for (size_t i = 0; i < PAIRS; i++)
        to[i] = from[i] * (double)RTK_TWIN_PASSES;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    static pair shared[PAIRS];
    pair own[PAIRS], *work = RTK_PLANT(sse_race) ? shared : own;
    (void)self, (void)instance, (void)call;
    scale(work, rtk_twin_x(views));
    memcpy(rtk_twin_y(views), work, sizeof own);
    return RTK_OK;
}

RTK_TWIN(sse_race, .run = run)
