#ifndef RTK_DISPATCHER_H
#define RTK_DISPATCHER_H

/* What a module exports that runs loops on another runtime: OpenMP's two
 * libraries cannot live in one process, so each is a shared object of its own,
 * built by its own compiler. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One part of a loop; must not throw. */
typedef void (*rtk_dispatch_part)(void *arg, size_t part);

typedef struct rtk_dispatcher {
    size_t size;
    const char *name;
    /* Make ready for loops of `workers`; NULL: nothing to do. */
    void (*start)(unsigned workers);
    /* `calls` parallel loops one after the other, each of part(arg, 0 ..
     * workers-1) on as many workers, the caller being one of them. */
    void (*loops)(unsigned workers, rtk_dispatch_part part, void *arg,
                  uint64_t calls);
} rtk_dispatcher;

/* The module's table; lives for ever. MT-Safe. */
#if defined(__GNUC__) || defined(__clang__)
__attribute__((visibility("default")))
#endif
const rtk_dispatcher *
rtk_dispatcher_table(void);

#ifdef __cplusplus
}
#endif

#endif
