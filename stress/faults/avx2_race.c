/* All callers write one array through 256-bit vectors, which ThreadSanitizer
 * does not see; over shared inputs they even write the same values. Only
 * operand ranges that are declared show it. */
#include "stress/faults/fault_common.h"

typedef double wide __attribute__((vector_size(32)));

RTK_AVX2 static void scale(double *y, const double *x) {
    const wide *from = (const wide *)(const void *)x;
    wide *to = (wide *)(void *)y;
    for (size_t i = 0; i < RTK_TWIN_COUNT * sizeof *x / sizeof *to; i++)
        to[i] = from[i] * (double)RTK_TWIN_PASSES;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance;
    call->message = "this CPU has no AVX2";
    if (!rtk_twin_has_avx2()) return RTK_EUNSUPPORTED;
    scale(rtk_twin_y(views), rtk_twin_x(views));
    return RTK_OK;
}

RTK_TWIN(avx2_race, .run = run, .inout = true,
         .share = RTK_PLANT(avx2_race) ? RTK_SHARE_ALWAYS : RTK_SHARE_NEVER)
