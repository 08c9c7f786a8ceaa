/* All callers write one array through 512-bit vectors: ThreadSanitizer sees
 * none of that, whatever instructions the compiler makes of it. Only operand
 * ranges that are declared show it. */
#include "stress/faults/fault_common.h"

/* The end of an array need not be a whole vector. */
typedef double wide __attribute__((vector_size(64), aligned(8)));

enum { WIDE = 8, WHOLE = RTK_TWIN_COUNT / WIDE * WIDE };

static void scale(double *y, const double *x) {
    for (size_t i = 0; i < WHOLE; i += WIDE) {
        const wide *from = (const wide *)(const void *)(x + i);
        wide *to = (wide *)(void *)(y + i);
        *to = *from * (double)RTK_TWIN_PASSES;
    }
    /* The last ones as one more vector, over some that are done. */
    const wide *from = (const wide *)(const void *)(x + RTK_TWIN_COUNT - WIDE);
    wide *to = (wide *)(void *)(y + RTK_TWIN_COUNT - WIDE);
    *to = *from * (double)RTK_TWIN_PASSES;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    scale(rtk_twin_y(views), rtk_twin_x(views));
    return RTK_OK;
}

RTK_TWIN(wide512_race, .run = run, .inout = true,
         .share = RTK_PLANT(wide512_race) ? RTK_SHARE_ALWAYS : RTK_SHARE_NEVER)
