#include "kernels/libraries/library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the library asks for a symbol whose name begins with `prefix`: its
 * table of names holds it. */
static bool asks_for(void *handle, const char *prefix) {
    struct link_map *map = NULL;
    const char *names = NULL;
    size_t bytes = 0;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return false;
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_STRTAB) names = (const char *)d->d_un.d_ptr;
        if (d->d_tag == DT_STRSZ) bytes = d->d_un.d_val;
    }
    return names && memmem(names, bytes, prefix, strlen(prefix));
}

static bool instrumented(void *handle) {
    if (strcmp(RTK_BUILD_LANE, "tsan") == 0)
        return asks_for(handle, "__tsan_func_entry");
    if (strcmp(RTK_BUILD_LANE, "asan") == 0)
        return asks_for(handle, "__asan_init");
    return true;
}

rtk_status rtk_library_open(rtk_library *library, const char *variable,
                            char *sentence, size_t room) {
    const char *path = getenv(variable);
    if (!path || !*path) {
        snprintf(sentence, room, "%s does not name the library", variable);
        return RTK_EINVAL;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(sentence, room, "%s", dlerror());
        return RTK_EINVAL;
    }
    *library = (rtk_library){handle, path, instrumented(handle)};
    return RTK_OK;
}

void rtk_library_close(rtk_library *library) {
    if (library->handle) dlclose(library->handle);
    library->handle = NULL;
}

rtk_function rtk_library_function(const rtk_library *library,
                                  const char *name) {
    rtk_function f;
    *(void **)&f = dlsym(library->handle, name);
    return f;
}

const char *rtk_library_lane(const rtk_library *library) {
    static const char own[] = RTK_BUILD_LANE;
    return library->instrumented ? own : "native";
}
