#ifndef RTK_OWN_RUNTIME_H
#define RTK_OWN_RUNTIME_H

/* What a library that contains the runtime itself offers: one table, found by
 * the name RTK_OWN_RUNTIME. */

#include "kernels/workers/workers.h"

#define RTK_OWN_RUNTIME "rtk_own_runtime"

/* Functions of the library. Read-only. */
typedef struct rtk_own_functions {
    /* Run parts 0 .. parts-1 on the library's process-wide pool, and give the
     * number of parts that ran, or -1. `visit` is called for each. */
    long (*loop)(unsigned workers, unsigned parts,
                 void (*visit)(void *arg, size_t part), void *arg);
    /* The same on a pool that is made for it and freed again. */
    long (*private_loop)(unsigned workers, unsigned parts);
    /* Make a pool and free it without a loop: 0, or -1. */
    int (*make_and_free)(void);
    /* Stop the threads of the process-wide pool: 0, or -1. */
    int (*shut_down)(void);
} rtk_own_functions;

#endif
