#ifndef RTK_SUBJECTS_H
#define RTK_SUBJECTS_H

/* The subjects of the reference kernels: a file each, listed by the build. */

#include <stdbool.h>

#include "harness/subject.h"

/* rtk_<file>(): the subject's table, which lives for ever; `host` is kept.
 * MT-Unsafe: called once, while the plug-in is loaded. */
#define RTK_SUBJECT(name) const rtk_subject *rtk_##name(const rtk_host *host);
#include "subjects.inc"
#undef RTK_SUBJECT

#define RTK_LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The two tables that every parameter may have. */
#define RTK_STRESS(array) .stress = (array), .n_stress = RTK_LENGTH(array)
#define RTK_THRESHOLDS(list)                                                   \
    .thresholds = list, .n_thresholds = RTK_LENGTH(list)
#define RTK_SWEEP(array) .sweep = (array), .n_sweep = RTK_LENGTH(array)

/* Describe view `i` as contiguous in host memory, one for each actor as the
 * scenario decides, of rank 1 .. 3 with the dimensions given. MT-Safe. */
static inline void rtk_describe(const rtk_views *views, size_t i,
                                const char *name, rtk_type type, rtk_flow flow,
                                const size_t shape[3]) {
    rtk_view *v = rtk_view_at(views, i);
    v->name = name;
    v->type = type;
    v->flow = flow;
    v->share = RTK_SHARE_ANY;
    v->space = RTK_HOST_MEMORY;
    v->rank = 0;
    while (v->rank < 3 && shape[v->rank]) {
        v->shape[v->rank] = shape[v->rank];
        v->rank++;
    }
}

/* Error `b` is larger than `a`, where NaN is the largest. MT-Safe. */
static inline bool rtk_is_worse(double a, double b) {
    return a == a && !(b <= a);
}

/* The larger error of two, where NaN is the largest. MT-Safe. */
static inline double rtk_worse(double a, double b) {
    return rtk_is_worse(a, b) ? b : a;
}

#endif
