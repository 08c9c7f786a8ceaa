/* Lines in double. */

#define REAL    double
#define FFTW(x) fftw_##x
#define WAYS    rtk_line_ways_double
#include "kernels/fft/line_precision.inc"
