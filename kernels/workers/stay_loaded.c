#include "kernels/workers/stay_loaded.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

static void pin(void) {
    Dl_info here;
    /* A function's address as an object's: only its bits count. */
    if (!dladdr((const void *)(uintptr_t)rtk_stay_loaded, &here)) return;
    void *handle = dlopen(here.dli_fname,
                          RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle) dlclose(handle);
}

void rtk_stay_loaded(void) {
    static pthread_once_t pinned = PTHREAD_ONCE_INIT;
    pthread_once(&pinned, pin);
}
