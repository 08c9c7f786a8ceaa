/* Lines in double. */

#define REAL    double
#define FFTW(x) fftw_##x
#define WAYS    rtk_line_ways_double
#define DOUBLES
#include "kernels/fft/line_precision.inc"
