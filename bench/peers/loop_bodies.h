#ifndef RTK_LOOP_BODIES_H
#define RTK_LOOP_BODIES_H

/* What the parts of the measured loops do. Each is a function of its own, as
 * in a program: our runtime learns a loop's cost by its function. */

#include <stdatomic.h>
#include <stdbool.h>

#include "kernels/workers/workers.h"

enum { RTK_PARTS_MAX = 64 };

/* Who ran which part. Any thread, after the loop. */
typedef struct rtk_witness {
    struct {
        _Alignas(64) atomic_uint times;
        _Atomic(const void *) thread;
    } part[RTK_PARTS_MAX];
} rtk_witness;

/* A body; its argument is NULL or an rtk_witness to write to. */
typedef struct rtk_body {
    const char *title;
    double us; /* about how long a part takes; 0: nothing */
    rtk_part part;
} rtk_body;

/* Nothing; about so many microseconds of steps that need each other; and a
 * part that waits, 100 us at most, for all others of its loop to run as well.
 */
extern const rtk_body rtk_body_empty, rtk_body_2, rtk_body_5, rtk_body_20,
    rtk_body_50, rtk_body_300, rtk_body_meeting, rtk_body_first;

/* Start a witness afresh. MT-Unsafe race:witness. */
void rtk_witness_start(rtk_witness *witness);

/* Whether each of `parts` parts ran once. MT-Safe after the loop. */
bool rtk_witness_complete(rtk_witness *witness, size_t parts);

/* Whether a thread other than the calling one ran a part.
 * MT-Safe after the loop. */
bool rtk_witness_shared(rtk_witness *witness, size_t parts);

/* How many parts of rtk_body_meeting belong to a loop. MT-Unsafe: before any.
 */
void rtk_body_meeting_of(size_t parts);

/* The next part of rtk_body_first that the calling thread runs notes the time,
 * rtk_clock_ns(), in *at. MT-Safe. */
void rtk_body_first_at(uint64_t *at);

#endif
