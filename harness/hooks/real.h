#ifndef RTK_REAL_H
#define RTK_REAL_H

/* What every hook needs. A hook is a function of libc under its own name, in
 * the program: plug-ins and their libraries find it there first. It says what
 * is about to happen and leaves to the real function: the sanitizer's, where
 * the lane has one, else that of libc.
 *
 * It leaves by a tail call where it can, so that the sanitizer's reports name
 * the caller, and none of this. Hooks are never instrumented, take no lock and
 * do not allocate; errno is the real function's. */

#include <stdbool.h>
#include <stdint.h>

#include "harness/locks/held_locks.h"
#include "harness/perturb/perturb.h"

/* The function `name` behind the program: of libc, in the version that
 * programs are linked with now. MT-Safe. */
void *rtk_real_find(const char *name);

/* Of ThreadSanitizer, where it is linked in: put a frame on its own stack.
 * MT-Safe. */
extern void __tsan_func_entry(void *pc) __attribute__((weak));

/* Take it off again. MT-Safe. */
extern void __tsan_func_exit(void) __attribute__((weak));

/* Before a real function that is not left to by a tail call, for the caller's
 * frame at `pc`. MT-Safe, async-signal-safe. */
static inline void rtk_real_enter(void *pc) {
    if (__tsan_func_entry) __tsan_func_entry(pc);
}

/* Behind it. MT-Safe, async-signal-safe. */
static inline void rtk_real_leave(void) {
    if (__tsan_func_exit) __tsan_func_exit();
}

#define RTK_EXPORT __attribute__((visibility("default")))
#define RTK_CALLER ((uintptr_t)__builtin_return_address(0))
#define RTK_FRAME  __builtin_frame_address(0)

#if defined(__clang__)
#define RTK_LEAVE __attribute__((musttail)) return
#else
#define RTK_LEAVE return
#endif

/* Define a hook: its type, name, and arguments as declared and as passed on.
 * The real function is looked up when the program starts, or by a call before
 * that. */
#define RTK_HOOK(type, name, declared, passed)                                 \
    extern type __interceptor_##name declared __attribute__((weak));           \
    static type first_##name declared;                                         \
    static type(*real_##name) declared = first_##name;                         \
    static __attribute__((constructor(101))) void find_##name(void) {          \
        if (__interceptor_##name)                                              \
            real_##name = __interceptor_##name;                                \
        else                                                                   \
            *(void **)(void *)&real_##name = rtk_real_find(#name);             \
    }                                                                          \
    static type first_##name declared {                                        \
        find_##name();                                                         \
        RTK_LEAVE real_##name passed;                                          \
    }                                                                          \
    RTK_EXPORT type name declared

/* Whether a call has to be looked at: all that most calls cost.
 * MT-Safe, async-signal-safe. */
static inline bool rtk_real_watched(void) {
    return __builtin_expect(rtk_perturb_on() || rtk_lock_order_on(), 0);
}

/* The real function without a tail call: `result` becomes what it returns. */
#define RTK_CALL(result, name, passed)                                         \
    rtk_real_enter(__builtin_return_address(0));                               \
    (result) = real_##name passed;                                             \
    rtk_real_leave()

#endif
