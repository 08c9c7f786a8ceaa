#ifndef RTK_FFT_KINDS_H
#define RTK_FFT_KINDS_H

#include "harness/subject.h"

/* An instance: the plan that calls share, and which way it goes. */
typedef struct rtk_fft_instance {
    void *plan; /* an rtk_fft_plan */
    int backward;
} rtk_fft_instance;

/* The operations of fft.c2c beside the run of its plan. They plan nothing of
 * their own: all go through the cache of lines that the process shares. */
enum { RTK_FFT_KINDS = 6 };

/* The table of the operations, with these claims. The parameters are those of
 * the subject, in its order.
 *
 *   given  the host, kept
 *   first  the operation that comes first; the complex ones here have its
 *          arrays, laws and the subject's check
 *   ops    out, RTK_FFT_KINDS + 1
 *
 * MT-Unsafe race:ops. */
void rtk_fft_kinds(const rtk_host *given, const rtk_op *first, rtk_op *ops);

#endif
