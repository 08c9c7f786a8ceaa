/* A library with a copy of the runtime of its own, to be unloaded. */

#include "kernels/workers/test/modules/own_runtime.h"

#include <stdlib.h>

typedef struct visitor {
    void (*visit)(void *arg, size_t part);
    void *arg;
} visitor;

static rtk_status visit(void *arg, size_t part) {
    const visitor *v = arg;
    if (v->visit) v->visit(v->arg, part);
    return RTK_OK;
}

static long run(rtk_pool *pool, unsigned workers, unsigned parts, visitor v) {
    rtk_loop loop = {0};
    rtk_status s = rtk_parallel_for(rtk_pool_executor(pool), workers, parts,
                                    visit, &v, &loop);
    return s ? -1 : (long)loop.parts_run;
}

static long loop_on_shared(unsigned workers, unsigned parts,
                           void (*what)(void *arg, size_t part), void *arg) {
    rtk_pool *pool = rtk_pool_shared();
    return pool ? run(pool, workers, parts, (visitor){what, arg}) : -1;
}

static rtk_pool *make(unsigned threads) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = threads, .always_share = 1};
    return rtk_pool_new_with(&pool, &options) ? NULL : pool;
}

static long loop_on_private(unsigned workers, unsigned parts) {
    rtk_pool *pool = make(workers);
    long ran = pool ? run(pool, workers, parts, (visitor){0}) : -1;
    rtk_pool_free(pool);
    return ran;
}

static int make_and_free(void) {
    rtk_pool *pool = make(4);
    rtk_pool_free(pool);
    return pool ? 0 : -1;
}

static int shut_down(void) {
    rtk_pool *pool = rtk_pool_shared();
    return pool && !rtk_pool_shutdown(pool) ? 0 : -1;
}

extern const rtk_own_functions rtk_own_runtime;
__attribute__((visibility("default")))
const rtk_own_functions rtk_own_runtime = {.loop = loop_on_shared,
                                           .private_loop = loop_on_private,
                                           .make_and_free = make_and_free,
                                           .shut_down = shut_down};
