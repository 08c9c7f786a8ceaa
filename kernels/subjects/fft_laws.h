#ifndef RTK_FFT_LAWS_H
#define RTK_FFT_LAWS_H

#include "harness/subject.h"

enum { RTK_FFT_LAWS = 2 };

/* What holds between input and output of every transform of fft.c2c, whatever
 * its size. Parameters of the laws: those of the subject, in its order. */
extern const rtk_law rtk_fft_laws[RTK_FFT_LAWS];

#endif
