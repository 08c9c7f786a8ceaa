#include "harness/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/adopt.h"

static rtk_status complain(rtk_status s, char sentence[RTK_SENTENCE],
                           const char *path, const char *what) {
    snprintf(sentence, RTK_SENTENCE, "plug-in %s: %s", path, what);
    return s;
}

static rtk_status complain_missing(const char *path,
                                   char sentence[RTK_SENTENCE]) {
    snprintf(sentence, RTK_SENTENCE,
             "plug-in %s: %s; it must be a folder with <lane>.so, or one "
             "shared object",
             path, strerror(errno));
    return RTK_EINVAL;
}

/* The file that serves `lane`: `path` itself, or <lane>.so in a folder. */
static rtk_status locate(const char *path, const char *lane,
                         char file[sizeof((rtk_loaded *)0)->path],
                         char sentence[RTK_SENTENCE]) {
    struct stat at;
    if (stat(path, &at) != 0) return complain_missing(path, sentence);
    size_t room = sizeof((rtk_loaded *)0)->path;
    /* Without a slash dlopen() would search the system's folders. */
    const char *here = strchr(path, '/') ? "" : "./";
    int n = S_ISDIR(at.st_mode) ? snprintf(file, room, "%s/%s.so", path, lane)
                                : snprintf(file, room, "%s%s", here, path);
    if (n < 0 || (size_t)n >= room)
        return complain(RTK_EINVAL, sentence, path, "the path is too long");
    if (stat(file, &at) != 0) {
        snprintf(sentence, RTK_SENTENCE,
                 "plug-in %s has no build for the %s lane (%s.so)", path, lane,
                 lane);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

/* Why dlopen() failed just now. */
static rtk_status unloadable(const char *path, const char *lane,
                             char sentence[RTK_SENTENCE]) {
    char what[RTK_SENTENCE - 64];
    const char *error = dlerror();
    /* A sanitizer's runtime is in its lane's program alone. */
    const char *built = strstr(error, "__tsan_")   ? "tsan"
                        : strstr(error, "__asan_") ? "asan"
                                                   : lane;
    if (strcmp(built, lane) != 0)
        snprintf(what, sizeof what,
                 "is built for the %s lane, so the %s lane cannot load it",
                 built, lane);
    else
        snprintf(what, sizeof what, "cannot be loaded: %.380s", error);
    return complain(RTK_EINVAL, sentence, path, what);
}

static rtk_status judge(rtk_loaded *loaded, const char *lane,
                        char sentence[RTK_SENTENCE]) {
    const rtk_plugin *p = loaded->plugin;
    if (!p && rtk_host_refusal()) {
        snprintf(sentence, RTK_SENTENCE, "%s", rtk_host_refusal());
        return RTK_EINVAL;
    }
    if (!p)
        return complain(RTK_EINVAL, sentence, loaded->path,
                        "it refused this version of racetrack");
    if (p->abi != RTK_ABI || p->size < offsetof(rtk_plugin, about)) {
        snprintf(sentence, RTK_SENTENCE,
                 "plug-in %s is built for ABI %u; this racetrack takes ABI %d",
                 loaded->path, p->abi, RTK_ABI);
        return RTK_EINVAL;
    }
    if (!p->lane || strcmp(p->lane, lane) != 0) {
        snprintf(sentence, RTK_SENTENCE,
                 "plug-in %s is built for the %s lane, so the %s lane can see "
                 "nothing in it",
                 loaded->path, p->lane ? p->lane : "unknown", lane);
        return RTK_EUNSUPPORTED;
    }
    return RTK_OK;
}

rtk_status rtk_plugin_load(const char *path, const char *lane,
                           rtk_loaded *loaded, char sentence[RTK_SENTENCE]) {
    rtk_loaded made = {0};
    rtk_status s = locate(path, lane, made.path, sentence);
    if (s) return s;
    /* The loader and the stacks name it as it is given here. */
    char whole[sizeof made.path];
    if (realpath(made.path, whole)) memcpy(made.path, whole, sizeof whole);
    made.handle = dlopen(made.path, RTLD_NOW | RTLD_LOCAL);
    if (!made.handle) return unloadable(made.path, lane, sentence);
    rtk_plugin_entry entry;
    *(void **)&entry = dlsym(made.handle, "racetrack_plugin");
    if (!entry)
        return complain(RTK_EINVAL, sentence, made.path,
                        "is not a racetrack plug-in: it does not export "
                        "racetrack_plugin()");
    made.plugin = entry(rtk_host_table());
    s = judge(&made, lane, sentence);
    if (s && s != RTK_EUNSUPPORTED) return s;
    char what[RTK_SENTENCE];
    made.plugin = rtk_plugin_adopt(made.plugin, what);
    if (!made.plugin) return complain(RTK_EINVAL, sentence, made.path, what);
    *loaded = made;
    return s;
}

void rtk_plugin_unload(const rtk_loaded *loaded) {
    if (loaded->plugin->unload) loaded->plugin->unload();
    dlclose(loaded->handle);
}

const rtk_subject *rtk_plugin_subject(const rtk_loaded *loaded,
                                      const char *name) {
    for (size_t i = 0; i < loaded->plugin->n_subjects; i++)
        if (strcmp(loaded->plugin->subjects[i]->name, name) == 0)
            return loaded->plugin->subjects[i];
    return NULL;
}

/* Element `i` of a table whose element size the plug-in gave. */
static const void *element(const void *table, size_t element_size, size_t i) {
    return (const char *)table + i * element_size;
}

const rtk_param *rtk_subject_param(const rtk_subject *subject, size_t i) {
    return element(subject->params, subject->param_size, i);
}

const rtk_op *rtk_subject_op(const rtk_subject *subject, size_t i) {
    return element(subject->ops, subject->op_size, i);
}

size_t rtk_subject_param_index(const rtk_subject *subject, const char *name) {
    size_t i = 0;
    while (i < subject->n_params &&
           strcmp(rtk_subject_param(subject, i)->name, name) != 0)
        i++;
    return i;
}
