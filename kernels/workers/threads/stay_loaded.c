#include "kernels/workers/threads/stay_loaded.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

static bool pin(void) {
    Dl_info here;
    void *map = NULL;
    /* A function's address as an object's: only its bits count. */
    const void *self = (const void *)(uintptr_t)rtk_stay_loaded;
    /* A static program has no objects; the main program has no name. */
    if (!dladdr1(self, &here, &map, RTLD_DL_LINKMAP) || !map) return true;
    if (!*((const struct link_map *)map)->l_name) return true;
    void *handle = dlopen(here.dli_fname,
                          RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle) dlclose(handle);
    return handle != NULL;
}

bool rtk_stay_loaded(void) {
    /* Relaxed: two threads that pin at once do no harm. */
    static _Atomic bool pinned;
    if (atomic_load_explicit(&pinned, memory_order_relaxed)) return true;
    if (!pin()) return false;
    atomic_store_explicit(&pinned, true, memory_order_relaxed);
    return true;
}
