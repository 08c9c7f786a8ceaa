#include "harness/arrays.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CANARY = 0xa5 };

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t bytes) {
    size_t page = page_bytes();
    return (bytes + page - 1) / page * page;
}

static bool contiguous(const rtk_view *v) {
    for (size_t d = 0; d < v->rank; d++)
        if (v->stride[d]) return false;
    return true;
}

/* A description that this host can serve. */
static rtk_status sound(const rtk_view *v) {
    if (v->rank > RTK_RANK_MAX || v->type > RTK_BYTES || !v->name)
        return RTK_EINVAL;
    size_t count = 1;
    for (size_t d = 0; d < v->rank; d++)
        if (__builtin_mul_overflow(count, v->shape[d], &count))
            return RTK_EINVAL;
    if (count > PTRDIFF_MAX / 16) return RTK_ENOMEM;
    if (v->space != RTK_HOST_MEMORY || !contiguous(v)) return RTK_EUNSUPPORTED;
    return RTK_OK;
}

static bool borrowed(const rtk_view *v, bool share_inputs) {
    if (v->share == RTK_SHARE_ALWAYS) return true;
    return v->share == RTK_SHARE_ANY && v->flow == RTK_IN && share_inputs;
}

static rtk_status map_one(rtk_arrays *a, size_t i, bool across) {
    rtk_view *v = &a->view[i];
    size_t page = page_bytes(), bytes = rtk_view_bytes(v);
    size_t pages = whole_pages(bytes ? bytes : 1);
    int kind = MAP_ANONYMOUS | (across ? MAP_SHARED : MAP_PRIVATE);
    char *map = mmap(NULL, pages + 2 * page, PROT_NONE, kind, -1, 0);
    if (map == MAP_FAILED) return RTK_ENOMEM;
    a->store[i].map = map;
    a->store[i].map_bytes = pages + 2 * page;
    a->store[i].data_bytes = bytes;
    if (mprotect(map + page, pages, PROT_READ | PROT_WRITE) != 0)
        return RTK_ENOMEM;
    v->data = map + page;
    memset(map + page + bytes, CANARY, pages - bytes);
    return RTK_OK;
}

static rtk_status place(rtk_arrays *a, size_t i, bool across,
                        const rtk_arrays *lender, bool share_inputs) {
    rtk_status s = sound(&a->view[i]);
    if (s) return s;
    if (!lender || !borrowed(&a->view[i], share_inputs))
        return map_one(a, i, across);
    a->view[i].data = lender->view[i].data;
    a->store[i].data_bytes = lender->store[i].data_bytes;
    return RTK_OK;
}

rtk_status rtk_arrays_init(rtk_arrays *arrays, const rtk_subject *subject,
                           const rtk_args *args, bool across,
                           const rtk_arrays *lender, bool share_inputs) {
    memset(arrays, 0, sizeof *arrays);
    for (size_t i = 0; i < RTK_VIEWS_MAX; i++)
        arrays->view[i].size = sizeof arrays->view[i];
    arrays->views = (rtk_views){.size = sizeof arrays->views,
                                .n = RTK_VIEWS_MAX,
                                .view_size = sizeof arrays->view[0],
                                .first = arrays->view};
    rtk_status s = subject->describe(subject->self, args, &arrays->views);
    if (!s && arrays->views.n > RTK_VIEWS_MAX) s = RTK_EINVAL;
    if (s) arrays->views.n = 0;
    for (size_t i = 0; !s && i < arrays->views.n; i++)
        s = place(arrays, i, across, lender, share_inputs);
    if (s) rtk_arrays_destroy(arrays);
    return s;
}

void rtk_arrays_destroy(rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++)
        if (arrays->store[i].map)
            munmap(arrays->store[i].map, arrays->store[i].map_bytes);
    memset(arrays, 0, sizeof *arrays);
}

bool rtk_arrays_own(const rtk_arrays *arrays, size_t i) {
    return arrays->store[i].map && arrays->view[i].share != RTK_SHARE_ALWAYS;
}

rtk_status rtk_arrays_protect(rtk_arrays *arrays, bool readonly) {
    size_t page = page_bytes();
    int access = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    for (size_t i = 0; i < arrays->views.n; i++) {
        if (arrays->view[i].flow != RTK_IN || !arrays->store[i].map) continue;
        if (mprotect(arrays->store[i].map + page,
                     arrays->store[i].map_bytes - 2 * page, access) != 0)
            return RTK_EIO;
    }
    return RTK_OK;
}

void rtk_arrays_poison(rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++)
        if (arrays->view[i].flow == RTK_OUT && rtk_arrays_own(arrays, i))
            memset(arrays->view[i].data, 0xff, arrays->store[i].data_bytes);
}

const char *rtk_arrays_overrun(const rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++) {
        const char *map = arrays->store[i].map;
        if (!map) continue;
        const char *end = map + arrays->store[i].map_bytes - page_bytes();
        const char *c = (const char *)arrays->view[i].data;
        c += arrays->store[i].data_bytes;
        /* Equal to itself one byte on, and the first is right: all are. */
        if (c < end && (*(const unsigned char *)c != CANARY ||
                        memcmp(c, c + 1, (size_t)(end - c) - 1) != 0))
            return arrays->view[i].name;
    }
    return NULL;
}

const char *rtk_arrays_locate(const rtk_arrays *arrays, const void *address,
                              bool *input, bool *guard) {
    for (size_t i = 0; i < arrays->views.n; i++) {
        const char *map = arrays->store[i].map;
        const char *at = address;
        if (!map || at < map || at >= map + arrays->store[i].map_bytes)
            continue;
        const char *data = arrays->view[i].data;
        *input = arrays->view[i].flow == RTK_IN;
        *guard = at < data ||
                 at >= data + whole_pages(arrays->store[i].data_bytes
                                              ? arrays->store[i].data_bytes
                                              : 1);
        return arrays->view[i].name;
    }
    return NULL;
}
