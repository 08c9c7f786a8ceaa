/* Lines in long double. */

#define REAL    long double
#define FFTW(x) fftwl_##x
#define WAYS    rtk_line_ways_long_double
#include "kernels/fft/line_precision.inc"
