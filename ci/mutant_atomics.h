#ifndef RTK_MUTANT_ATOMICS_H
#define RTK_MUTANT_ATOMICS_H

/* What ci/mutate puts in the place of an atomic step: the same in two steps,
 * with room between them. The orders stay, so that only the atomicity is lost.
 * Included by the compiler's -include, before anything else. */

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#define RTK_SPLIT_FETCH(object, op, value)                                     \
    __extension__({                                                            \
        __auto_type at_ = (object);                                            \
        __auto_type was_ = atomic_load_explicit(at_, memory_order_acquire);    \
        sched_yield();                                                         \
        atomic_store_explicit(at_, was_ op(value), memory_order_release);      \
        was_;                                                                  \
    })

#define RTK_SPLIT_EXCHANGE(object, value)                                      \
    __extension__({                                                            \
        __auto_type at_ = (object);                                            \
        __auto_type was_ = atomic_load_explicit(at_, memory_order_acquire);    \
        sched_yield();                                                         \
        atomic_store_explicit(at_, (value), memory_order_release);             \
        was_;                                                                  \
    })

#define RTK_SPLIT_COMPARE(object, expected, desired)                           \
    __extension__({                                                            \
        __auto_type at_ = (object);                                            \
        __auto_type like_ = (expected);                                        \
        __auto_type was_ = atomic_load_explicit(at_, memory_order_acquire);    \
        bool same_ = was_ == *like_;                                           \
        sched_yield();                                                         \
        if (same_)                                                             \
            atomic_store_explicit(at_, (desired), memory_order_release);       \
        else                                                                   \
            *like_ = was_;                                                     \
        same_;                                                                 \
    })

#endif
