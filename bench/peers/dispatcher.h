#ifndef RTK_DISPATCHER_H
#define RTK_DISPATCHER_H

/* What a module exports that runs loops on another runtime: OpenMP's two
 * libraries cannot live in one process, so each is a shared object of its own,
 * built by its own compiler. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A loop to run, again and again. */
typedef struct rtk_dispatch {
    unsigned workers; /* that take part, the caller being one of them */
    size_t parts;
    rtk_part part; /* must not throw; its status is not looked at */
    void *arg;
} rtk_dispatch;

typedef struct rtk_dispatcher {
    size_t size;
    const char *name;
    /* Make ready for loops of `workers`, once; NULL: nothing to do. */
    void (*start)(unsigned workers);
    /* Call body(arg) where its loops cost least; NULL: anywhere. */
    void (*within)(void (*body)(void *arg), void *arg);
    /* `calls` such loops, one after the other. */
    void (*loops)(const rtk_dispatch *d, uint64_t calls);
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
