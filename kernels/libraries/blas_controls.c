/* What a program asks a BLAS library, and tells it, while others compute. */
#include <string.h>

#include "kernels/libraries/blas_symbols.h"

enum { THREADS_MOST = 4 };

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    views->n = 0;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args, (void)views, (void)seed;
    return RTK_OK;
}

static rtk_status query_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    const rtk_blas *b = &rtk_blas_in_use;
    (void)self, (void)instance, (void)views;
    call->message = "the library cannot be asked for its configuration";
    if (b->openblas_get_config) {
        call->result = strlen(b->openblas_get_config());
        if (b->openblas_get_corename)
            call->result += strlen(b->openblas_get_corename());
        if (b->openblas_get_parallel)
            call->result += (uint64_t)b->openblas_get_parallel();
    } else if (b->bli_info_get_version_str) {
        call->result = strlen(b->bli_info_get_version_str());
    } else {
        return RTK_EUNSUPPORTED;
    }
    return RTK_OK;
}

/* Not compared: others may set it meanwhile. */
static rtk_status count_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    const rtk_blas *b = &rtk_blas_in_use;
    (void)self, (void)instance, (void)views;
    call->message = "the library's number of threads is not known";
    long threads = b->openblas_get_num_threads ? b->openblas_get_num_threads()
                   : b->bli_thread_get_num_threads
                       ? b->bli_thread_get_num_threads()
                       : 0;
    if (!threads) return RTK_EUNSUPPORTED;
    call->message = "the number of threads is below 1";
    return threads < 0 ? RTK_EFAILED : RTK_OK;
}

static rtk_status set_run(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    (void)self, (void)instance, (void)views;
    call->message = "the library's number of threads cannot be set";
    return rtk_blas_set_threads(
               (int)(1 + (call->round + call->actor) % THREADS_MOST))
               ? RTK_OK
               : RTK_EUNSUPPORTED;
}

bool rtk_blas_set_threads(int threads) {
    if (rtk_blas_in_use.openblas_set_num_threads)
        rtk_blas_in_use.openblas_set_num_threads(threads);
    else if (rtk_blas_in_use.bli_thread_set_num_threads)
        rtk_blas_in_use.bli_thread_set_num_threads(threads);
    else
        return false;
    return true;
}

#define RTK_OP(word)                                                           \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #word, .claims = &rtk_blas_exact,      \
        .run = word##_run, .describe = describe, .fill = fill                  \
    }

const rtk_op *rtk_blas_queries(size_t *n) {
    static const rtk_op ops[] = {RTK_OP(query), RTK_OP(count)};
    *n = sizeof ops / sizeof *ops;
    return ops;
}

const rtk_op *rtk_blas_controls(size_t *n) {
    static const rtk_op ops[] = {RTK_OP(set)};
    *n = sizeof ops / sizeof *ops;
    return ops;
}
