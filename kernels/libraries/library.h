#ifndef RTK_LIBRARY_H
#define RTK_LIBRARY_H

/* A library of somebody else's, named at run time and never linked: what the
 * plug-ins of this folder have in common. */

#include "harness/subject.h"

#define RTK_LENGTH(array) (sizeof(array) / sizeof(array)[0])

typedef void (*rtk_function)(void);

/* A part of a library's interface, by a function that it needs. */
typedef struct rtk_library_part {
    const char *name, *function;
} rtk_library_part;

/* Set when the plug-in is loaded, then read-only. */
typedef struct rtk_library {
    void *handle;
    const char *path;  /* of the environment */
    bool instrumented; /* calls the runtime of this lane's sanitizer */
    char lacks[320];   /* names of parts that are not there */
    char unseen[480];  /* of those that the sanitizer does not see into */
} rtk_library;

/* Load the library that the environment variable `variable` names.
 *
 *   library   out, on success only; for as long as the process lives, or
 *             until rtk_library_close()
 *   sentence  out on failure: why, of `room` bytes
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Unsafe: called while the plug-in is
 * loaded. */
rtk_status rtk_library_open(rtk_library *library, const char *variable,
                            char *sentence, size_t room);

/* Look which parts are there, and in shared objects that this lane's sanitizer
 * sees into: a BLAS may take its LAPACK from another. One part that it does not
 * see makes the library one that is not instrumented. MT-Unsafe race:library.
 */
void rtk_library_look(rtk_library *library, const rtk_library_part *parts,
                      size_t n);

/* Say what rtk_library_look() found missing or unseen, if anything.
 * MT-Safe. */
void rtk_library_tell(const rtk_library *library,
                      void (*say)(void *to, const char *key, const char *value),
                      void *to);

/* Let go of the library. MT-Unsafe race:library. */
void rtk_library_close(rtk_library *library);

/* The function called `name` in `library` or in one that it needs, or NULL.
 * MT-Safe. */
rtk_function rtk_library_function(const rtk_library *library, const char *name);

/* The lane in which calls into `library` can be judged: that of this build, or
 * "native" for a library that a sanitizer does not see into. MT-Safe. */
const char *rtk_library_lane(const rtk_library *library);

/* The larger error of two, where NaN is the largest. MT-Safe. */
static inline double rtk_worse(double a, double b) {
    return a >= b || a != a ? a : b;
}

/* Describe view `i` as contiguous in host memory, one for each actor as the
 * scenario decides, of `rows` x `columns` elements, or of `rows` when
 * `columns` is 0. MT-Safe. */
static inline void rtk_describe(const rtk_views *views, size_t i,
                                const char *name, rtk_type type, rtk_flow flow,
                                size_t rows, size_t columns) {
    rtk_view *v = rtk_view_at(views, i);
    v->name = name;
    v->type = type;
    v->flow = flow;
    v->share = RTK_SHARE_ANY;
    v->space = RTK_HOST_MEMORY;
    v->rank = columns ? 2 : 1;
    v->shape[0] = rows;
    v->shape[1] = columns;
}

#endif
