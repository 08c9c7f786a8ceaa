/* Blocks are kept twice: in the order of their addresses, to join neighbours
 * that are free, and, if free, in a bin for each power of two, to find one that
 * is large enough without a search. A tree finds the block of an address. */

#include "kernels/workers/processes/shared_arena.h"

#include <pthread.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GRAIN = 64, BINS = 64 };
#define RANGE_BYTES  ((size_t)64 << 30)
#define LEAST_BYTES  ((size_t)16 << 20)
#define RETURN_BYTES ((size_t)1 << 20)

typedef struct block {
    uintptr_t at; /* the key of the tree: first, so that a key is a block */
    size_t bytes;
    bool used;
    struct block *before, *after; /* by address */
    struct block *next, **link;   /* in its bin, if free */
} block;

struct rtk_arena {
    uintptr_t base;
    size_t bytes;         /* as base: read-only */
    pthread_mutex_t lock; /* guards the rest */
    block *first;
    block *bins[BINS];
    void *used; /* tree of blocks */
};

static int order(const void *a, const void *b) {
    uintptr_t x = ((const block *)a)->at, y = ((const block *)b)->at;
    return (x > y) - (x < y);
}

static unsigned bin(size_t bytes) {
    return 63U - (unsigned)__builtin_clzll(bytes);
}

static void put(rtk_arena *a, block *b) {
    block **head = &a->bins[bin(b->bytes)];
    b->used = false;
    b->next = *head;
    b->link = head;
    if (b->next) b->next->link = &b->next;
    *head = b;
}

static void take_out(block *b) {
    *b->link = b->next;
    if (b->next) b->next->link = b->link;
}

/* A free block of `bytes`, still in its bin. Of its own bin the first few are
 * looked at; those of higher bins are all large enough. */
static block *find(const rtk_arena *a, size_t bytes) {
    enum { LOOKS = 16 };
    block *b = a->bins[bin(bytes)];
    for (int i = 0; b && i < LOOKS; i++, b = b->next)
        if (b->bytes >= bytes) return b;
    for (unsigned i = bin(bytes) + 1; i < BINS; i++)
        if (a->bins[i]) return a->bins[i];
    /* Nothing but the rest of its own bin is left. */
    while (b && b->bytes < bytes) b = b->next;
    return b;
}

/* Cut what lies behind `bytes` off `b`, into `rest`. */
static void cut(block *b, size_t bytes, block *rest) {
    rest->at = b->at + bytes;
    rest->bytes = b->bytes - bytes;
    rest->before = b;
    rest->after = b->after;
    if (b->after) b->after->before = rest;
    b->after = rest;
    b->bytes = bytes;
}

static void swallow(block *b, block *after) {
    b->bytes += after->bytes;
    b->after = after->after;
    if (b->after) b->after->before = b;
    free(after);
}

static size_t gap(const block *b, size_t align) {
    return (size_t)(-b->at & (align - 1));
}

/* Make of the free block `b` a used one of `bytes`, aligned. */
static block *carve(rtk_arena *a, block *b, size_t bytes, size_t align) {
    size_t ahead = gap(b, align), behind = b->bytes - bytes - ahead;
    block *front = ahead ? malloc(sizeof *front) : NULL;
    block *tail = behind ? malloc(sizeof *tail) : NULL;
    /* Only the key is read before the block takes its place. */
    block key = {.at = b->at + ahead};
    block *mine = front ? front : b;
    bool ready = (front || !ahead) && (tail || !behind);
    void *node = ready ? tsearch(&key, &a->used, order) : NULL;
    if (!node) {
        free(front);
        free(tail);
        return NULL;
    }
    take_out(b);
    if (front) {
        cut(b, ahead, front);
        put(a, b);
    }
    if (tail) {
        cut(mine, bytes, tail);
        put(a, tail);
    }
    mine->used = true;
    *(block **)node = mine;
    return mine;
}

rtk_status rtk_arena_take(rtk_arena *arena, size_t bytes, size_t align,
                          void **memory) {
    if (align & (align - 1)) return RTK_EINVAL;
    if (align < GRAIN) align = GRAIN;
    if (bytes > arena->bytes || align > arena->bytes) return RTK_ENOMEM;
    bytes = bytes ? (bytes + GRAIN - 1) & ~(size_t)(GRAIN - 1) : GRAIN;
    pthread_mutex_lock(&arena->lock);
    block *b = find(arena, bytes + align - GRAIN);
    if (b) b = carve(arena, b, bytes, align);
    pthread_mutex_unlock(&arena->lock);
    if (!b) return RTK_ENOMEM;
    *memory = (void *)b->at;
    return RTK_OK;
}

static void return_pages(const block *b) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (b->at + page - 1) & ~(page - 1);
    uintptr_t to = (b->at + b->bytes) & ~(page - 1);
    /* If it is refused, the pages are kept for the next to take them. */
    if (b->bytes >= RETURN_BYTES && from < to)
        (void)!madvise((void *)from, to - from, MADV_REMOVE);
}

void rtk_arena_give_back(rtk_arena *arena, void *memory) {
    block key = {.at = (uintptr_t)memory};
    pthread_mutex_lock(&arena->lock);
    void *node = tfind(&key, &arena->used, order);
    block *b = node ? *(block **)node : NULL;
    if (b) {
        tdelete(b, &arena->used, order);
        return_pages(b);
        if (b->after && !b->after->used) {
            take_out(b->after);
            swallow(b, b->after);
        }
        if (b->before && !b->before->used) {
            b = b->before;
            take_out(b);
            swallow(b, b->after);
        }
        put(arena, b);
    }
    pthread_mutex_unlock(&arena->lock);
}

bool rtk_arena_holds(const rtk_arena *arena, const void *memory, size_t bytes) {
    uintptr_t at = (uintptr_t)memory;
    return at >= arena->base && at - arena->base <= arena->bytes &&
           bytes <= arena->bytes - (at - arena->base);
}

static void *reserve(size_t *bytes) {
    size_t least = *bytes ? *bytes : LEAST_BYTES;
    if (!*bytes) *bytes = RANGE_BYTES;
    for (; *bytes >= least; *bytes /= 2) {
        void *base = mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) return base;
    }
    return NULL;
}

rtk_status rtk_arena_new(rtk_arena **arena, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes > SIZE_MAX / 2) return RTK_ENOMEM;
    bytes = (bytes + page - 1) & ~(page - 1);
    rtk_arena *a = calloc(1, sizeof *a);
    block *all = calloc(1, sizeof *all);
    void *base = a && all ? reserve(&bytes) : NULL;
    if (!base) {
        free(a);
        free(all);
        return RTK_ENOMEM;
    }
    a->base = (uintptr_t)base;
    a->bytes = bytes;
    a->first = all;
    all->at = a->base;
    all->bytes = bytes;
    put(a, all);
    pthread_mutex_init(&a->lock, NULL);
    *arena = a;
    return RTK_OK;
}

static void keep_block(void *kept) {
    (void)kept;
}

void rtk_arena_free(rtk_arena *arena, bool shared) {
    if (!arena) return;
    /* Another pool's processes may have the range mapped as well: what they
     * keep of it is empty. */
    if (shared) (void)!madvise((void *)arena->base, arena->bytes, MADV_REMOVE);
    munmap((void *)arena->base, arena->bytes);
    tdestroy(arena->used, keep_block);
    for (block *b = arena->first, *after; b; b = after) {
        after = b->after;
        free(b);
    }
    pthread_mutex_destroy(&arena->lock);
    free(arena);
}
