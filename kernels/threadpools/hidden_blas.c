/* A BLAS without a function that sets its threads: the reference BLAS, one that
 * is linked into something with its own names hidden, Debian's BLIS as
 * libblas.so.3. It is said to be there, and not to be controllable. Goes last:
 * an object with a BLAS that was found is not asked, nor one that passes calls
 * on to such a library. */

#include "kernels/threadpools/pool_copy.h"

#include <dlfcn.h>

static const char *const products[] = {
    "cblas_dgemm",     "dgemm_",
    "cblas_dgemm64_",  "dgemm_64_",
    "cblas_dgemm_64",  "scipy_cblas_dgemm",
    "scipy_dgemm_",    "scipy_cblas_dgemm64_",
    "scipy_dgemm_64_", NULL};

static bool is_known(const rtk_finds *finds) {
    for (const rtk_copy *c = finds->copies; c; c = c->next)
        if (c->base == finds->object->base && c->user_api == RTK_POOL_BLAS &&
            c->handle)
            return true;
    return false;
}

/* The thin libblas.so.3 of an OpenBLAS has the functions, which call the
 * kernels of libopenblas.so, which it depends on. */
static bool passes_on(const rtk_finds *finds) {
    static const char *const controls[] = {"openblas_get_num_threads",
                                           "openblas_get_num_threads64_",
                                           "openblas_get_num_threads_64",
                                           "scipy_openblas_get_num_threads",
                                           "scipy_openblas_get_num_threads64_",
                                           "bli_thread_get_num_threads",
                                           "MKL_Get_Max_Threads",
                                           "flexiblas_get_num_threads",
                                           NULL};
    /* The main program's handle finds what all have loaded. */
    if (!*finds->object->name) return false;
    for (size_t i = 0; controls[i]; i++)
        if (dlsym(finds->object->handle, controls[i])) return true;
    return false;
}

static void probe(const rtk_family *family, rtk_finds *finds) {
    rtk_function *product = NULL;
    for (size_t i = 0; products[i] && !product; i++)
        product = rtk_finds_function(finds, "", products[i], "");
    if (product && !is_known(finds) && !passes_on(finds))
        rtk_finds_add(finds, family, *(void **)&product);
}

static void describe(rtk_copy *copy) {
    copy->why = "it has BLAS functions, but none that sets threads";
}

const rtk_family rtk_hidden_blas_family = {.internal_api = "unknown",
                                           .user_api = RTK_POOL_BLAS,
                                           .probe = probe,
                                           .describe = describe};
