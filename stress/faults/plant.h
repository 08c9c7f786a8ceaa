#ifndef RTK_FAULTS_PLANT_H
#define RTK_FAULTS_PLANT_H

/* Every fault is compiled twice: with RTK_PLANTED=1 it is the fault, with
 * RTK_PLANTED=0 its sound twin. This header is the only place that asks which,
 * and for which machine. */

#include "harness/subject.h"

/* RTK_PLANT(id): 1 where fault `id` is planted, else 0; a constant, so that
 * `if (RTK_PLANT(id)) ... else ...` compiles both ways.
 * RTK_TWIN_SYMBOL(id): the function that hands over this twin's subject.
 * RTK_TWIN_NAME(id): the name of that subject. */
#if defined(RTK_PLANTED) && RTK_PLANTED
#define RTK_PLANT(id)       1
#define RTK_TWIN_SYMBOL(id) rtk_fault_##id
#define RTK_TWIN_NAME(id)   "fault." #id
#else
#define RTK_PLANT(id)       0
#define RTK_TWIN_SYMBOL(id) rtk_sound_##id
#define RTK_TWIN_NAME(id)   "sound." #id
#endif

/* A function that may use AVX2, and whether this CPU runs it. */
#if defined(__x86_64__)
#define RTK_AVX2            __attribute__((target("avx2")))
#define rtk_twin_has_avx2() __builtin_cpu_supports("avx2")
#else
#define RTK_AVX2
#define rtk_twin_has_avx2() 0
#endif

/* to = factor * from for `n` elements, a multiple of 2, by a loop in assembler;
 * and whether there is one for this machine.
 * MT-Unsafe race:to. */
static inline void rtk_twin_asm_scale(double *to, const double *from,
                                      double factor, size_t n) {
#if defined(__x86_64__)
    double *at = to;
    __asm__ __volatile__("movapd %3, %%xmm1\n"
                         "unpcklpd %%xmm1, %%xmm1\n"
                         "1: movupd (%1), %%xmm0\n"
                         "mulpd %%xmm1, %%xmm0\n"
                         "movupd %%xmm0, (%0)\n"
                         "add $16, %0\n"
                         "add $16, %1\n"
                         "sub $2, %2\n"
                         "jnz 1b\n"
                         : "+r"(at), "+r"(from), "+r"(n)
                         : "x"(factor)
                         : "xmm0", "xmm1", "cc", "memory");
#else
    (void)to, (void)from, (void)factor, (void)n;
#endif
}
#if defined(__x86_64__)
#define rtk_twin_has_asm() 1
#else
#define rtk_twin_has_asm() 0
#endif

/* Define the subject of this file: RTK_TWIN(id, .run = run, ...) with the
 * fields of an rtk_twin that differ from the common ones. */
#define RTK_TWIN(id, ...)                                                      \
    const rtk_subject *RTK_TWIN_SYMBOL(id)(const rtk_host *host);              \
    const rtk_subject *RTK_TWIN_SYMBOL(id)(const rtk_host *host) {             \
        static rtk_twin twin = {.name = RTK_TWIN_NAME(id), __VA_ARGS__};       \
        return rtk_twin_subject(&twin, host);                                  \
    }

#endif
