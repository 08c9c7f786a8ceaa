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

static bool borrowed(const rtk_view *v, const rtk_layout *how) {
    if (!how->lender) return false;
    if (v->share == RTK_SHARE_ALWAYS) return true;
    return v->share == RTK_SHARE_ANY && v->flow == RTK_IN && how->share_inputs;
}

/* Where in its pages an array of `bytes` begins. */
static size_t start_of(const rtk_view *v, size_t bytes, size_t pages,
                       unsigned place) {
    if (place == RTK_INPUTS_PAGE_END) return pages - bytes;
    return place == RTK_INPUTS_OFFSET ? rtk_type_bytes(v->type) : 0;
}

static char *map_pages(size_t pages, const rtk_layout *how) {
    size_t page = page_bytes();
    int kind = MAP_ANONYMOUS | (how->across ? MAP_SHARED : MAP_PRIVATE);
    char *map = mmap(NULL, pages + 2 * page, PROT_NONE, kind, -1, 0);
    if (map == MAP_FAILED) return NULL;
    rtk_common own = {.fd = -1};
    bool mapped;
    if (how->common || how->place == RTK_INPUTS_FILE)
        mapped =
            (how->common || !rtk_common_new(&own)) &&
            rtk_common_map(how->common ? how->common : &own, map + page, pages);
    else
        mapped = mprotect(map + page, pages, PROT_READ | PROT_WRITE) == 0;
    rtk_common_close(&own);
    if (mapped) return map;
    munmap(map, pages + 2 * page);
    return NULL;
}

static rtk_status map_one(rtk_arrays *a, size_t i, const rtk_layout *how) {
    rtk_view *v = &a->view[i];
    size_t page = page_bytes(), bytes = rtk_view_bytes(v);
    /* An offset array may need the next page. */
    size_t pages = whole_pages(bytes + rtk_type_bytes(v->type));
    if (how->place != RTK_INPUTS_OFFSET) pages = whole_pages(bytes ? bytes : 1);
    char *map = map_pages(pages, how);
    if (!map) return RTK_ENOMEM;
    a->store[i].map = map;
    a->store[i].map_bytes = pages + 2 * page;
    a->store[i].data_bytes = bytes;
    size_t start = start_of(v, bytes, pages, how->place);
    v->data = map + page + start;
    if (how->common && how->common->joined) return RTK_OK;
    memset(map + page, CANARY, start);
    memset(map + page + start + bytes, CANARY, pages - start - bytes);
    return RTK_OK;
}

static rtk_status place(rtk_arrays *a, size_t i, const rtk_layout *how) {
    rtk_status s = sound(&a->view[i]);
    if (s) return s;
    if (!borrowed(&a->view[i], how)) return map_one(a, i, how);
    a->view[i].data = how->lender->view[i].data;
    a->store[i].data_bytes = how->lender->store[i].data_bytes;
    return RTK_OK;
}

rtk_status rtk_arrays_init(rtk_arrays *arrays, const rtk_subject *subject,
                           const rtk_op *op, const rtk_args *args,
                           rtk_layout layout) {
    memset(arrays, 0, sizeof *arrays);
    for (size_t i = 0; i < RTK_VIEWS_MAX; i++)
        arrays->view[i].size = sizeof arrays->view[i];
    arrays->views = (rtk_views){.size = sizeof arrays->views,
                                .n = RTK_VIEWS_MAX,
                                .view_size = sizeof arrays->view[0],
                                .first = arrays->view};
    rtk_status s = (op && op->describe ? op->describe : subject->describe)(
        subject->self, args, &arrays->views);
    if (!s && arrays->views.n > RTK_VIEWS_MAX) s = RTK_EINVAL;
    if (s) arrays->views.n = 0;
    for (size_t i = 0; !s && i < arrays->views.n; i++)
        s = place(arrays, i, &layout);
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

/* Whether all bytes from `c` to `end` are canaries. */
static bool intact(const char *c, const char *end) {
    /* Equal to itself one byte on, and the first is right: all are. */
    return c >= end || (*(const unsigned char *)c == CANARY &&
                        memcmp(c, c + 1, (size_t)(end - c) - 1) == 0);
}

const char *rtk_arrays_overrun(const rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++) {
        const char *map = arrays->store[i].map;
        if (!map) continue;
        const char *end = map + arrays->store[i].map_bytes - page_bytes();
        const char *data = arrays->view[i].data;
        if (!intact(map + page_bytes(), data) ||
            !intact(data + arrays->store[i].data_bytes, end))
            return arrays->view[i].name;
    }
    return NULL;
}

const char *rtk_arrays_locate(const rtk_arrays *arrays, const void *address,
                              bool *input, bool *guard) {
    size_t page = page_bytes();
    for (size_t i = 0; i < arrays->views.n; i++) {
        const char *map = arrays->store[i].map;
        const char *at = address;
        if (!map || at < map || at >= map + arrays->store[i].map_bytes)
            continue;
        *input = arrays->view[i].flow == RTK_IN;
        *guard =
            at < map + page || at >= map + arrays->store[i].map_bytes - page;
        return arrays->view[i].name;
    }
    return NULL;
}
