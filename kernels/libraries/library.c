#include "kernels/libraries/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool rtk_library_open(rtk_library *library, const char *variable,
                      const char *needed) {
    const char *path = getenv(variable);
    memset(library, 0, sizeof *library);
    if (!path || !*path) {
        snprintf(library->why, sizeof library->why, "no library is named in %s",
                 variable);
        return false;
    }
    snprintf(library->path, sizeof library->path, "%s", path);
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library->handle) {
        snprintf(library->why, sizeof library->why, "%s", dlerror());
        return false;
    }
    if (dlsym(library->handle, needed)) return true;
    snprintf(library->why, sizeof library->why, "%s has no symbol %s", path,
             needed);
    rtk_library_close(library);
    return false;
}

void rtk_library_close(rtk_library *library) {
    if (library->handle) dlclose(library->handle);
    library->handle = NULL;
}

void rtk_library_find(const rtk_library *library, const char *name,
                      void *pointer) {
    void *found = library->handle ? dlsym(library->handle, name) : NULL;
    memcpy(pointer, &found, sizeof found);
}
