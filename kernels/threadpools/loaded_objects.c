/* The loader calls back with its lock held, so the callback copies and does
 * nothing else: no memory, no other lock, nothing of ours. All that may block
 * or load comes after, on the copies. */

#include "kernels/threadpools/loaded_objects.h"

#include <dlfcn.h>
#include <stdlib.h>

/* What the loader owns is read and freed with its lock held, or while a handle
 * keeps it. ThreadSanitizer knows neither: to it, each read of such memory
 * races with the free() of a later dlclose(). So these few are hidden from it,
 * and are not made into calls of strlen() and memcpy(), which are watched. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define LOADERS __attribute__((no_sanitize("thread"), no_builtin))
#endif
#endif
#ifndef LOADERS
#define LOADERS
#endif

enum { FIRST_OBJECTS = 64, FIRST_NAMES = 8192 };

typedef struct seen {
    size_t name; /* its place in `names` */
    uintptr_t base, begin, end;
    const ElfW(Dyn) * dynamic;
} seen;

/* What fits is filled; the counters go on, so that a second try has room. */
typedef struct list {
    seen *object;
    char *names;
    size_t objects, room, names_used, names_room;
    rtk_loader_counts counts;
} list;

LOADERS static seen place(const struct dl_phdr_info *info) {
    seen s = {.base = info->dlpi_addr, .begin = UINTPTR_MAX};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = (uintptr_t)info->dlpi_addr + part->p_vaddr;
        uintptr_t end = begin + part->p_memsz;
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): the loader's numbers */
        if (part->p_type == PT_DYNAMIC) s.dynamic = (const void *)begin;
        if (part->p_type != PT_LOAD) continue;
        if (begin < s.begin) s.begin = begin;
        if (end > s.end) s.end = end;
    }
    return s;
}

LOADERS static size_t length(const char *name) {
    size_t n = 0;
    while (name[n]) n++;
    return n;
}

LOADERS static void copy_name(char *to, const char *name) {
    while ((*to++ = *name++)) {
    }
}

LOADERS static uintptr_t base_of(const struct link_map *map) {
    return (uintptr_t)map->l_addr;
}

static int copy(struct dl_phdr_info *info, size_t size, void *arg) {
    list *l = arg;
    (void)size;
    const char *name = info->dlpi_name ? info->dlpi_name : "";
    size_t bytes = length(name) + 1;
    if (l->objects < l->room && l->names_used + bytes <= l->names_room) {
        l->object[l->objects] = place(info);
        l->object[l->objects].name = l->names_used;
        copy_name(l->names + l->names_used, name);
    }
    l->objects++;
    l->names_used += bytes;
    l->counts = (rtk_loader_counts){info->dlpi_adds, info->dlpi_subs};
    return 0;
}

static int first(struct dl_phdr_info *info, size_t size, void *arg) {
    (void)size;
    *(rtk_loader_counts *)arg =
        (rtk_loader_counts){info->dlpi_adds, info->dlpi_subs};
    return 1;
}

rtk_loader_counts rtk_loader_counts_now(void) {
    rtk_loader_counts now = {0};
    dl_iterate_phdr(first, &now);
    return now;
}

static bool grow(list *l, size_t objects, size_t names) {
    seen *object = realloc(l->object, objects * sizeof *object);
    if (object) l->object = object;
    char *text = realloc(l->names, names);
    if (text) l->names = text;
    if (!object || !text) return false;
    l->room = objects;
    l->names_room = names;
    return true;
}

/* More may be loaded between two tries, so each leaves room for that. */
static rtk_status take(list *l) {
    size_t objects = FIRST_OBJECTS, names = FIRST_NAMES;
    do {
        if (!grow(l, objects, names)) return RTK_ENOMEM;
        l->objects = l->names_used = 0;
        dl_iterate_phdr(copy, l);
        objects = 2 * l->objects;
        names = 2 * l->names_used;
    } while (l->objects > l->room || l->names_used > l->names_room);
    return RTK_OK;
}

void *rtk_object_pin(const char *name, uintptr_t base) {
    struct link_map *map = NULL;
    void *handle =
        dlopen(*name ? name : NULL, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
    if (!handle) return NULL;
    /* Meanwhile another may have its name. */
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && base_of(map) == base)
        return handle;
    dlclose(handle);
    return NULL;
}

void *rtk_object_symbol(const rtk_object *object, const char *name) {
    if (!rtk_elf_defines(&object->elf, name)) return NULL;
    void *symbol = dlsym(object->handle, name);
    uintptr_t at = (uintptr_t)symbol;
    return at >= object->begin && at < object->end ? symbol : NULL;
}

static rtk_status visit(const list *l, size_t i,
                        rtk_status (*with)(void *arg, const rtk_object *object),
                        void *arg) {
    const seen *s = &l->object[i];
    rtk_object object = {.name = l->names + s->name,
                         .base = s->base,
                         .begin = s->begin,
                         .end = s->end};
    rtk_status status = RTK_OK;
    object.handle = rtk_object_pin(object.name, object.base);
    if (!object.handle) return RTK_OK;
    if (rtk_elf_open(&object.elf, object.base, s->dynamic))
        status = with(arg, &object);
    dlclose(object.handle);
    return status;
}

rtk_status rtk_objects_each(rtk_status (*with)(void *arg,
                                               const rtk_object *object),
                            void *arg, rtk_loader_counts *counts) {
    list l = {0};
    rtk_status status = take(&l);
    for (size_t i = 0; !status && i < l.objects; i++)
        status = visit(&l, i, with, arg);
    if (!status) *counts = l.counts;
    free(l.names);
    free(l.object);
    return status;
}
