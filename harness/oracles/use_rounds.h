#ifndef RTK_USE_ROUNDS_H
#define RTK_USE_ROUNDS_H

#include "harness/actors.h"

/* Use the subject again and again, one use after the other: in each round a new
 * thread opens an instance for every task of `actor`, calls once, and closes.
 *
 *   rounds  at most so many
 *   until   no new round after this time of rtk_clock_ns()
 *   after   called after each round, or NULL
 *
 * Returns how many rounds were made. MT-Unsafe race:team. */
unsigned rtk_use_rounds(rtk_actor *actor, unsigned rounds, uint64_t until,
                        void (*after)(void *to, unsigned round), void *to);

#endif
