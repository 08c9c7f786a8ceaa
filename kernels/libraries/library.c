#include "kernels/libraries/library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a shared object asks for a symbol whose name begins with `prefix`:
 * its table of names holds it. */
static bool asks_for(const struct link_map *map, const char *prefix) {
    const char *names = NULL;
    size_t bytes = 0;
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_STRTAB) names = (const char *)d->d_un.d_ptr;
        if (d->d_tag == DT_STRSZ) bytes = d->d_un.d_val;
    }
    return names && memmem(names, bytes, prefix, strlen(prefix));
}

static bool instrumented(const struct link_map *map) {
    if (strcmp(RTK_BUILD_LANE, "tsan") == 0)
        return asks_for(map, "__tsan_func_entry");
    if (strcmp(RTK_BUILD_LANE, "asan") == 0)
        return asks_for(map, "__asan_init");
    return true;
}

/* Why it cannot be loaded. A sanitizer's runtime is in its lane's program
 * alone. */
static void explain(const char *path, const char *error, char *sentence,
                    size_t room) {
    const char *built = strstr(error, "__tsan_")   ? "tsan"
                        : strstr(error, "__asan_") ? "asan"
                                                   : NULL;
    if (built)
        snprintf(sentence, room,
                 "%s is built for the %s lane, so the " RTK_BUILD_LANE
                 " lane cannot load it",
                 path, built);
    else
        snprintf(sentence, room, "%s", error);
}

rtk_status rtk_library_open(rtk_library *library, const char *variable,
                            char *sentence, size_t room) {
    const char *path = getenv(variable);
    if (!path || !*path) {
        snprintf(sentence, room, "%s does not name the library", variable);
        return RTK_EINVAL;
    }
    struct link_map *map = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        explain(path, dlerror(), sentence, room);
        return RTK_EINVAL;
    }
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) map = NULL;
    *library = (rtk_library){.handle = handle,
                             .path = path,
                             .instrumented = map && instrumented(map)};
    return RTK_OK;
}

static void append(char *text, size_t room, const char *before,
                   const char *name) {
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s%s", used ? before : "", name);
}

/* The shared object that `function` is in, or NULL. */
static const struct link_map *home(rtk_function function) {
    void *address, *map = NULL;
    Dl_info info;
    *(rtk_function *)&address = function;
    return dladdr1(address, &info, &map, RTLD_DL_LINKMAP) ? map : NULL;
}

void rtk_library_look(rtk_library *library, const rtk_library_part *parts,
                      size_t n) {
    const struct link_map *last = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        rtk_function f = rtk_library_function(library, parts[i].function);
        const struct link_map *map = f ? home(f) : NULL;
        if (!map) {
            append(library->lacks, sizeof library->lacks, ", ", parts[i].name);
        } else if (instrumented(map)) {
            seen++;
        } else {
            const char *slash = strrchr(map->l_name, '/');
            if (map != last) {
                append(library->unseen, sizeof library->unseen, "; ",
                       slash ? slash + 1 : map->l_name);
                append(library->unseen, sizeof library->unseen, "", ": ");
            }
            append(library->unseen, sizeof library->unseen,
                   map == last ? ", " : "", parts[i].name);
            last = map;
        }
    }
    if (seen || library->unseen[0]) library->instrumented = !library->unseen[0];
}

void rtk_library_tell(const rtk_library *library,
                      void (*say)(void *to, const char *key, const char *value),
                      void *to) {
    if (library->lacks[0]) say(to, "lacks", library->lacks);
    if (library->unseen[0]) say(to, "not seen", library->unseen);
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
