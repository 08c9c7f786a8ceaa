/* What all kinds of libraries need to be found. */

#include "kernels/threadpools/pool_copy.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rtk_word_set(char *word, size_t room, const char *text) {
    snprintf(word, room, "%s", text ? text : "");
}

static const char *real(const char *name, char *room) {
    if (*name) return realpath(name, room) ? room : name;
    ssize_t n = readlink("/proc/self/exe", room, PATH_MAX - 1);
    room[n > 0 ? n : 0] = '\0';
    return room;
}

static char *duplicate(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = calloc(bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* threadpoolctl's names of files, and what it calls them by. */
static void name_file(rtk_copy *copy) {
    static const char *const prefixes[] = {
        "libopenblas",  "libscipy_openblas", "libblis", "libmkl_rt",
        "libflexiblas", "libiomp",           "libgomp", "libomp"};
    const char *slash = strrchr(copy->path, '/');
    const char *name = slash ? slash + 1 : copy->path;
    rtk_word_set(copy->file_prefix,
                 strcspn(name, ".-") + 1 < WORDS ? strcspn(name, ".-") + 1
                                                 : WORDS,
                 name);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            rtk_word_set(copy->file_prefix, WORDS, prefixes[i]);
}

static bool place(rtk_copy *copy, const rtk_object *object) {
    char room[PATH_MAX];
    copy->path = duplicate(object ? real(object->name, room) : "");
    copy->spare = calloc(1, sizeof *copy->spare);
    if (!copy->path || !copy->spare) return false;
    name_file(copy);
    return true;
}

rtk_copy *rtk_finds_add(rtk_finds *finds, const rtk_family *family,
                        const void *key) {
    const rtk_object *object = finds->object;
    if (finds->status) return NULL;
    rtk_copy *copy = calloc(1, sizeof *copy);
    if (!copy || !place(copy, object)) {
        rtk_copy_free(copy);
        finds->status = RTK_ENOMEM;
        return NULL;
    }
    copy->family = family;
    copy->key = key;
    if (family) {
        copy->internal_api = family->internal_api;
        copy->user_api = family->user_api;
    }
    if (object) {
        copy->base = object->base;
        copy->handle = rtk_object_pin(object->name, object->base);
    }
    copy->next = finds->copies;
    finds->copies = copy;
    return copy;
}

void rtk_copy_free(rtk_copy *copy) {
    if (!copy) return;
    if (copy->handle) dlclose(copy->handle);
    free(copy->spare);
    free(copy->path);
    free(copy);
}

rtk_function *rtk_finds_function(const rtk_finds *finds, const char *prefix,
                                 const char *stem, const char *suffix) {
    char name[2 * WORDS];
    rtk_function *function = NULL;
    int n = snprintf(name, sizeof name, "%s%s%s", prefix, stem, suffix);
    if (n < 0 || (size_t)n >= sizeof name) return NULL;
    void *symbol = rtk_object_symbol(finds->object, name);
    *(void **)&function = symbol;
    return function;
}

/* ---- Settings -------------------------------------------------------------
 */

void rtk_copy_obeys(rtk_copy *copy, const rtk_setting_ways *ways,
                    rtk_function *get, rtk_function *set) {
    *copy->spare = (rtk_setting){.ways = ways,
                                 .get = get,
                                 .set = set,
                                 .custom = copy->custom,
                                 .custom_copy = copy->custom_copy,
                                 .scope = copy->scope,
                                 .most = copy->max_threads};
    /* All copies of a custom library have the same functions. */
    if (copy->custom)
        copy->spare->key = copy->key;
    else
        *(rtk_function **)&copy->spare->key = get;
}

static int get_plain(const rtk_setting *setting) {
    return ((int (*)(void))setting->get)();
}

static rtk_status set_plain(const rtk_setting *setting, int threads) {
    ((void (*)(int))setting->set)(threads);
    return RTK_OK;
}

const rtk_setting_ways rtk_plain_ways = {.get = get_plain, .set = set_plain};
