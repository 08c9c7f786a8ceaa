#ifndef RTK_WORN_PLACES_H
#define RTK_WORN_PLACES_H

/* Instructions of which ThreadSanitizer says nothing new. A report costs it
 * about a millisecond, and a race may be at each element of a matrix: with each
 * RTK_WORN_STEP such reports half as many of an instruction's accesses are
 * shown to it, so that reports grow with the logarithm of the accesses. Some
 * always are: the same instruction may be one side of another race. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    RTK_WORN_STEP = 32, /* reports of an instruction that halve its accesses */
    RTK_WORN_MOST = 14  /* times they are halved at most */
};

/* Note that a report about the access that returns to `pc`, 0 for none, said
 * nothing new. MT-Unsafe race:report: under ThreadSanitizer's report lock. */
void rtk_worn_note(uintptr_t pc);

/* How many have been noted. MT-Safe. */
unsigned rtk_worn_noted(void);

/* Whether any instruction is worn, which none is most of the time. Relaxed: to
 * see it late costs a report more. */
extern atomic_bool rtk_worn_any;

/* Whether to pass over the access that returns to `pc`.
 *
 *   bits  that change from access to access, and with the trial's seed
 *
 * MT-Safe. */
bool rtk_worn_skip(uintptr_t pc, uint64_t bits);

/* The same, soon said when none is worn. MT-Safe. */
static inline bool rtk_worn(const void *pc, uint64_t bits) {
    return __builtin_expect(
               atomic_load_explicit(&rtk_worn_any, memory_order_relaxed),
               false) &&
           rtk_worn_skip((uintptr_t)pc, bits);
}

#endif
