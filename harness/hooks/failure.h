#ifndef RTK_FAILURE_H
#define RTK_FAILURE_H

/* Failures that are injected into the calls of one thread: the n-th allocation,
 * mapping or start of a thread that it makes cannot be had. All of it belongs
 * to the calling thread; while off a hook costs one look at a word of the
 * thread's own. */

#include <stdbool.h>

/* What can fail. */
typedef enum rtk_failure_kind {
    RTK_FAILURE_OF_MEMORY,  /* malloc(), calloc(), realloc(), posix_memalign(),
                               aligned_alloc(): ENOMEM */
    RTK_FAILURE_OF_MAPPING, /* mmap() without a file: ENOMEM */
    RTK_FAILURE_OF_THREAD,  /* pthread_create(): EAGAIN */
    RTK_FAILURE_KINDS
} rtk_failure_kind;

/* Begin to count the calling thread's calls of `kind` anew, and let the `nth`
 * of them fail (1: the next; 0: none, only count), and, if `onward`, all that
 * follow it. Other kinds stay as they are. MT-Safe. */
void rtk_failure_arm(rtk_failure_kind kind, unsigned nth, bool onward);

/* No call of the calling thread fails or is counted any more; the counts stay.
 * MT-Safe. */
void rtk_failure_disarm(void);

/* How many calls of `kind` the calling thread has made while armed.
 * MT-Safe. */
unsigned rtk_failure_count(rtk_failure_kind kind);

/* Whether calls of `kind` can fail here: the program has the hooks of this
 * lane. MT-Safe. */
bool rtk_failure_possible(rtk_failure_kind kind);

/* ---- For the hooks ----------------------------------------------------------
 */

/* Whether the calling thread counts. */
extern _Thread_local bool rtk_failure_armed;

/* Count; true: this one fails. MT-Safe. */
bool rtk_failure_next(rtk_failure_kind kind);

/* The same, and nothing while off. MT-Safe. */
static inline bool rtk_failure_due(rtk_failure_kind kind) {
    return __builtin_expect(rtk_failure_armed, 0) && rtk_failure_next(kind);
}

/* Say that the program has hooks for `kind`. MT-Unsafe race:hooks. */
void rtk_failure_hooked(rtk_failure_kind kind);

#endif
