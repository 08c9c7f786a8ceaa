#include "kernels/threadpools/threadpools.h"

#include <dlfcn.h>
#include <stddef.h>

/* The address of `name` in a function pointer at `function`: POSIX's way to
 * turn one into the other. */
static int find(void *handle, const char *name, void *function) {
    void *symbol = dlsym(handle ? handle : RTLD_DEFAULT, name);
    *(void **)function = symbol;
    return symbol != NULL;
}

static const char *word(void *handle, const char *name) {
    char *(*say)(void) = NULL;
    if (!find(handle, name, &say)) return "";
    const char *text = say();
    return text ? text : "";
}

rtk_status rtk_blas_find(void *handle, rtk_blas *blas) {
    rtk_blas b = {0};
    int (*parallel)(void) = NULL;
    if (!find(handle, "openblas_get_num_threads", &b.get_threads) ||
        !find(handle, "openblas_set_num_threads", &b.set_threads))
        return RTK_EUNSUPPORTED;
    if (find(handle, "openblas_get_parallel", &parallel))
        b.parallel = parallel();
    b.config = word(handle, "openblas_get_config");
    b.corename = word(handle, "openblas_get_corename");
    *blas = b;
    return RTK_OK;
}
