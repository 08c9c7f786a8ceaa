#ifndef RTK_SHARED_ARENA_H
#define RTK_SHARED_ARENA_H

/* A range of addresses whose memory a process shares with its children, and an
 * allocator over it. Internal to workers.
 *
 * Pages exist once they are touched. What the allocator knows lies outside the
 * range, in the memory of the one process that allocates, so that nothing that
 * children write there can confuse it. */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_arena rtk_arena;

/* Reserve a range.
 *
 *   arena  out, on success only; release it with rtk_arena_free()
 *   bytes  of the range; 0 = 64 GiB, or as much of that as can be had
 *
 * Returns RTK_OK or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_arena_new(rtk_arena **arena, size_t bytes);

/* Take memory; its contents are undefined.
 *
 *   bytes   0 is taken for 1
 *   align   power of two; 0 and all below 64 give 64
 *   memory  out, on success only
 *
 * Returns RTK_OK, RTK_EINVAL (align) or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_arena_take(rtk_arena *arena, size_t bytes,
                                      size_t align, void **memory);

/* Give it back; NULL and what was not taken here are ignored. The pages of
 * blocks of 1 MiB and more go back to the system.
 * MT-Safe. */
void rtk_arena_give_back(rtk_arena *arena, void *memory);

/* Whether all `bytes` at `memory` lie in the range; taken or not. MT-Safe. */
bool rtk_arena_holds(const rtk_arena *arena, const void *memory, size_t bytes);

/* Release the range and all that was taken of it; NULL is allowed.
 *
 *   shared  true: the pages go now, in children too; false: a child lets go
 *           of what is its parent's
 *
 * MT-Unsafe race:arena. */
void rtk_arena_free(rtk_arena *arena, bool shared);

#ifdef __cplusplus
}
#endif

#endif
