#ifndef RTK_FFT_LAWS_H
#define RTK_FFT_LAWS_H

#include "harness/subject.h"

enum { RTK_FFT_LAWS = 2 };

/* What holds between input and output of every transform of fft.c2c, whatever
 * its size. Parameters of the laws: those of the subject, in its order. */
extern const rtk_law rtk_fft_laws[RTK_FFT_LAWS];

/* A plan for the subject's arrays, an rtk_fft_plan.
 *
 *   value     the subject's parameters
 *   backward  whether the exponent is positive; no factor either way
 *   plan      out, on success only; release it with rtk_fft_plan_free()
 *
 * Returns as rtk_fft_plan_new(). MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_subject_plan(const int64_t *value, bool backward,
                                            void **plan);

#endif
