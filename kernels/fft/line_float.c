/* Lines in float. */

#define REAL    float
#define FFTW(x) fftwf_##x
#define WAYS    rtk_line_ways_float
#include "kernels/fft/line_precision.inc"
