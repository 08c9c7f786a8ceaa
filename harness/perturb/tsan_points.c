/* Points at each instrumented access and atomic of the tsan lane.
 *
 * All shared objects that are built for ThreadSanitizer take its entry points
 * (__tsan_read8, ...) from the program. racetrack-runner-tsan is linked with a
 * copy of the runtime in which these are renamed (CMakeLists.txt), and with
 * this file, which has them under their own names: so any instrumented code is
 * perturbed without being built for it.
 *
 * Each counts down, decides when the count has passed zero, and leaves to the
 * runtime by a tail call, which finds its caller's return address as if it had
 * been called directly. */
#include <stddef.h>

#include "harness/perturb/algorithm.h"
#include "harness/perturb/worn_places.h"

#define REAL(name) __rtk_real_tsan_##name
#define EXPORT     __attribute__((visibility("default")))
#define LEAVE      __attribute__((musttail)) return

/* One entry point: its type, its arguments as declared and as passed on. */
#define ENTRY(type, name, declared, passed, kind, object)                      \
    type REAL(name) declared;                                                  \
    EXPORT type __tsan_##name declared;                                        \
    EXPORT type __tsan_##name declared {                                       \
        if (!rtk_point_due(kind)) LEAVE REAL(name) passed;                     \
        rtk_point_access(kind, object, __builtin_return_address(0));           \
        LEAVE REAL(name) passed;                                               \
    }

/* Of one that has been told of often enough, ever fewer are shown. The
 * countdown depends on the seed, the thread and the accesses so far. */
#define ACCESS(name, kind)                                                     \
    void REAL(name)(void *at);                                                 \
    EXPORT void __tsan_##name(void *at);                                       \
    EXPORT void __tsan_##name(void *at) {                                      \
        void *pc = __builtin_return_address(0);                                \
        if (rtk_point_due(kind)) rtk_point_access(kind, at, pc);               \
        if (rtk_worn(pc, rtk_points_left ^ (uintptr_t)at)) return;             \
        LEAVE REAL(name)(at);                                                  \
    }
#define ACCESSES(read, write, bytes)                                           \
    ACCESS(read##bytes, RTK_POINT_READ)                                        \
    ACCESS(write##bytes, RTK_POINT_WRITE)

ACCESSES(read, write, 1)
ACCESSES(read, write, 2)
ACCESSES(read, write, 4)
ACCESSES(read, write, 8)
ACCESSES(read, write, 16)
ACCESSES(unaligned_read, unaligned_write, 2)
ACCESSES(unaligned_read, unaligned_write, 4)
ACCESSES(unaligned_read, unaligned_write, 8)
ACCESSES(unaligned_read, unaligned_write, 16)

#define CHANGE(type, name)                                                     \
    ENTRY(type, name, (volatile type * at, type value, int order),             \
          (at, value, order), RTK_POINT_UPDATE, at)
#define COMPARE(type, name, wanted_type)                                       \
    ENTRY(wanted_type, name,                                                   \
          (volatile type * at, type * wanted, type value, int order,           \
           int failure),                                                       \
          (at, wanted, value, order, failure), RTK_POINT_UPDATE, at)
#define ATOMICS(bits, type)                                                    \
    ENTRY(type, atomic##bits##_load, (const volatile type *at, int order),     \
          (at, order), RTK_POINT_LOAD, at)                                     \
    ENTRY(void, atomic##bits##_store,                                          \
          (volatile type * at, type value, int order), (at, value, order),     \
          RTK_POINT_UPDATE, at)                                                \
    CHANGE(type, atomic##bits##_exchange)                                      \
    CHANGE(type, atomic##bits##_fetch_add)                                     \
    CHANGE(type, atomic##bits##_fetch_sub)                                     \
    CHANGE(type, atomic##bits##_fetch_and)                                     \
    CHANGE(type, atomic##bits##_fetch_or)                                      \
    CHANGE(type, atomic##bits##_fetch_xor)                                     \
    CHANGE(type, atomic##bits##_fetch_nand)                                    \
    COMPARE(type, atomic##bits##_compare_exchange_strong, int)                 \
    COMPARE(type, atomic##bits##_compare_exchange_weak, int)                   \
    ENTRY(                                                                     \
        type, atomic##bits##_compare_exchange_val,                             \
        (volatile type * at, type wanted, type value, int order, int failure), \
        (at, wanted, value, order, failure), RTK_POINT_UPDATE, at)

__extension__ typedef __int128 wide;

ATOMICS(8, int8_t)
ATOMICS(16, int16_t)
ATOMICS(32, int32_t)
ATOMICS(64, int64_t)
ATOMICS(128, wide)

ENTRY(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n),
      RTK_POINT_WRITE, to)
ENTRY(void *, memmove, (void *to, const void *from, size_t n), (to, from, n),
      RTK_POINT_WRITE, to)
ENTRY(void *, memset, (void *to, int value, size_t n), (to, value, n),
      RTK_POINT_WRITE, to)
