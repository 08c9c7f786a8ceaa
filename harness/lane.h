#ifndef RTK_LANE_H
#define RTK_LANE_H

/* What differs between lanes inside a trial process. Each lane links exactly
 * one lane_*.c; that file alone knows the lane's runtime, and it is never
 * instrumented itself. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Install the lane's capture of reports, which become findings, in this
 * process; in each process anew, as a child's runtime forgets it.
 * MT-Unsafe: call before threads are started. */
void rtk_lane_prepare(void);

/* Let the lane start what it needs of its own (ThreadSanitizer has a thread),
 * before a trial counts what its process holds.
 * MT-Unsafe: call before other threads are started. */
void rtk_lane_settle(void);

/* Tell the lane that the calling thread, in the function at `code`, reads or
 * writes bytes whose access it may not see (256- and 512-bit vectors,
 * assembler).
 * MT-Safe. */
void rtk_lane_declare_read(const void *data, size_t bytes, uintptr_t code);
void rtk_lane_declare_write(void *data, size_t bytes, uintptr_t code);

/* Find the module that holds `pc`, in a way that is allowed inside the lane's
 * report callback.
 *
 *   path    out: of the module's file
 *   offset  out: of `pc` from the module's start
 *
 * Returns false when it lies in none. MT-Safe. */
bool rtk_lane_locate(uintptr_t pc, char *path, size_t room, uintptr_t *offset);

/* Say that the process ends while threads of ours are at work: that they were
 * not joined is no finding. MT-Unsafe: called by the thread that ends it. */
void rtk_lane_leave(void);

/* Name of the oracle that this lane adds ("tsan", "asan"), or NULL. MT-Safe. */
const char *rtk_lane_oracle(void);

/* Bytes that the process has allocated and not freed. MT-Safe. */
uint64_t rtk_lane_allocated(void);

/* Whether a child of a process with threads can be judged here. MT-Safe. */
bool rtk_lane_forks_threaded(void);

#endif
