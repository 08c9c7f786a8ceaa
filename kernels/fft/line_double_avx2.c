/* Lines in double for a CPU with AVX2: this file is compiled for it
 * (kernels/CMakeLists). The same operations, so the same bits. */

#define REAL    double
#define FFTW(x) fftw_##x
#define WAYS    rtk_line_ways_double_avx2
#define DOUBLES
#include "kernels/fft/line_precision.inc"
