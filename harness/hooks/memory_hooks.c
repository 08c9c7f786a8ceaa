/* Allocations and anonymous mappings, which can be made to fail. They are
 * needed before anything can be looked up, so they are linked by name: the
 * sanitizer's, or else those that libc has for its own use. */
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/hooks/failure.h"
#include "harness/hooks/real.h"

/* Where the dynamic loader lies. What it allocates for thread-local data is not
 * asked for by a call, and it ends the process without it. Written when the
 * program starts. */
static uintptr_t loader_start, loader_end;

static int find_loader(struct dl_phdr_info *module, size_t size, void *arg) {
    (void)size, (void)arg;
    if (!strstr(module->dlpi_name, "/ld-")) return 0;
    loader_start = (uintptr_t)module->dlpi_addr;
    for (int i = 0; i < module->dlpi_phnum; i++) {
        uintptr_t end = loader_start + module->dlpi_phdr[i].p_vaddr +
                        module->dlpi_phdr[i].p_memsz;
        if (module->dlpi_phdr[i].p_type == PT_LOAD && end > loader_end)
            loader_end = end;
    }
    return 1;
}

/* Whether the allocation asked for at `caller` fails. */
static inline bool fails(const void *caller) {
    if (__builtin_expect(!rtk_failure_armed, 1) ||
        ((uintptr_t)caller >= loader_start && (uintptr_t)caller < loader_end) ||
        !rtk_failure_next(RTK_FAILURE_OF_MEMORY))
        return false;
    errno = ENOMEM;
    return true;
}

#define ALLOCATION(name, plain, declared, passed)                              \
    extern void *__interceptor_##name declared __attribute__((weak));          \
    extern void *plain declared __attribute__((weak));                         \
    RTK_EXPORT void *name declared {                                           \
        if (fails(__builtin_return_address(0))) return NULL;                   \
        if (__interceptor_##name) RTK_LEAVE __interceptor_##name passed;       \
        RTK_LEAVE plain passed;                                                \
    }

ALLOCATION(malloc, __libc_malloc, (size_t bytes), (bytes))
ALLOCATION(calloc, __libc_calloc, (size_t n, size_t each), (n, each))
ALLOCATION(realloc, __libc_realloc, (void *block, size_t bytes), (block, bytes))
ALLOCATION(aligned_alloc, __libc_memalign, (size_t alignment, size_t bytes),
           (alignment, bytes))

extern int __interceptor_posix_memalign(void **block, size_t alignment,
                                        size_t bytes) __attribute__((weak));

/* libc has no other name for it. */
static int plain_memalign(void **block, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1))
        return EINVAL;
    int before = errno;
    void *made = __libc_memalign(alignment, bytes);
    errno = before;
    if (made) *block = made;
    return made ? 0 : ENOMEM;
}

RTK_EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (fails(__builtin_return_address(0))) return ENOMEM;
    if (__interceptor_posix_memalign)
        RTK_LEAVE __interceptor_posix_memalign(block, alignment, bytes);
    RTK_LEAVE plain_memalign(block, alignment, bytes);
}

#define MAP(name)                                                              \
    RTK_HOOK(void *, name,                                                     \
             (void *at, size_t bytes, int protection, int flags, int fd,       \
              off_t offset),                                                   \
             (at, bytes, protection, flags, fd, offset)) {                     \
        if (flags & MAP_ANONYMOUS &&                                           \
            rtk_failure_due(RTK_FAILURE_OF_MAPPING)) {                         \
            errno = ENOMEM;                                                    \
            return MAP_FAILED;                                                 \
        }                                                                      \
        RTK_LEAVE real_##name(at, bytes, protection, flags, fd, offset);       \
    }

MAP(mmap)
MAP(mmap64)

static __attribute__((constructor)) void say(void) {
    dl_iterate_phdr(find_loader, NULL);
    rtk_failure_hooked(RTK_FAILURE_OF_MEMORY);
    rtk_failure_hooked(RTK_FAILURE_OF_MAPPING);
}
