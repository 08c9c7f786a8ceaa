#ifndef RTK_LIBRARY_H
#define RTK_LIBRARY_H

/* What the plug-ins for other people's libraries have in common: the library is
 * named by an environment variable and loaded at run time, never linked. */

#include "harness/subject.h"

/* A loaded library; immutable once loaded. */
typedef struct rtk_library {
    void *handle;
    char path[512];
    char why[256]; /* why there is none */
} rtk_library;

/* Load the library that `variable` names.
 *
 *   library  out; unloaded with rtk_library_close()
 *
 * Returns false with library->why set when it cannot be loaded or lacks the
 * symbol `needed`. MT-Unsafe race:library. */
bool rtk_library_open(rtk_library *library, const char *variable,
                      const char *needed);

/* Unload. MT-Unsafe race:library. */
void rtk_library_close(rtk_library *library);

/* Put the address of `name` into the function pointer at `pointer`; NULL when
 * the library lacks it. MT-Safe. */
void rtk_library_find(const rtk_library *library, const char *name,
                      void *pointer);

/* Describe view `i`: contiguous, rank 1 of `count` elements. MT-Safe. */
static inline void rtk_library_view(const rtk_views *views, size_t i,
                                    const char *name, rtk_type type,
                                    rtk_flow flow, size_t count) {
    rtk_view *v = rtk_view_at(views, i);
    v->name = name;
    v->type = type;
    v->flow = flow;
    v->share = RTK_SHARE_ANY;
    v->space = RTK_HOST_MEMORY;
    v->rank = 1;
    v->shape[0] = count;
}

#endif
