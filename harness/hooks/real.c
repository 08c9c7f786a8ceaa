#include "harness/hooks/real.h"

#include <dlfcn.h>
#include <stddef.h>

/* Versions behind a first one that programs no longer use: pthread_cond_*. */
static const char *const versions[] = {"GLIBC_2.3.2"};

void *rtk_real_find(const char *name) {
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        void *found = dlvsym(RTLD_NEXT, name, versions[i]);
        if (found) return found;
    }
    return dlsym(RTLD_NEXT, name);
}
