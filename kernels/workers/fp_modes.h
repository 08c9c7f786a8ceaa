#ifndef RTK_FP_MODES_H
#define RTK_FP_MODES_H

/* Rounding and denormal modes, so that a helper computes as its caller would:
 * the same bits for any number of workers. Internal to workers. */

#include <fenv.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread's modes, in a word: rounding, flush-to-zero and
 * denormals-are-zero, exception masks; no flags. MT-Safe. */
static inline uint32_t rtk_fp_modes(void) {
#if defined(__x86_64__)
    uint16_t x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    return (uint32_t)x87 << 16 | (__builtin_ia32_stmxcsr() & 0xFFC0U);
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return (uint32_t)fpcr;
#else
    return (uint32_t)fegetround();
#endif
}

/* Give the calling thread those modes; its flags stay. MT-Safe. */
static inline void rtk_fp_modes_set(uint32_t modes) {
#if defined(__x86_64__)
    uint16_t x87 = (uint16_t)(modes >> 16), before;
    __asm__ volatile("fnstcw %0" : "=m"(before));
    /* An exception that an earlier loop left would trap where it is unmasked.
     */
    if (before != x87) __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(x87));
    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & 0x3FU) |
                           (modes & 0xFFC0U));
#elif defined(__aarch64__)
    uint64_t fpcr = modes;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
#else
    fesetround((int)modes);
#endif
}

#ifdef __cplusplus
}
#endif

#endif
