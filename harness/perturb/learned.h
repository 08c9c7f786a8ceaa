#ifndef RTK_LEARNED_H
#define RTK_LEARNED_H

/* Sites that touched one address from two threads, at least one of them
 * writing: learned while a trial runs, kept for the next trials of its cell.
 *
 * All is relaxed atomics in direct-mapped tables: a collision or a torn pair
 * forgets a site or learns a wrong one, which costs a pause and nothing else.
 * Sites are kept as addresses of code, which forked processes share. */

#include <stdatomic.h>
#include <stdbool.h>

#include "harness/perturb/algorithm.h"

/* A site that conflicted, and what came of holding threads there. */
typedef struct rtk_site {
    _Atomic uintptr_t pc;
    atomic_uint held, met; /* held: how often; met: the other side came */
} rtk_site;

/* Note that `thread` is at `point`, and learn both sites when the last access
 * to the object conflicts with this one. MT-Safe. */
void rtk_sites_learn(uint64_t thread, const rtk_point *point);

/* The learned site of `pc`, or NULL. MT-Safe. */
rtk_site *rtk_sites_find(uintptr_t pc);

/* Whether what happens at `kind` can conflict with another's read. MT-Safe. */
static inline bool rtk_point_writes(rtk_point_kind kind) {
    return kind != RTK_POINT_READ && kind != RTK_POINT_LOAD;
}

#endif
