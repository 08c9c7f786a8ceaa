/* Lines in double for a CPU with AVX2: this file is compiled for it
 * (kernels/CMakeLists). Products and sums are fused, so that bits depend on
 * the CPU, as those of FFTW do. */

#define REAL    double
#define FFTW(x) fftw_##x
#define WAYS    rtk_line_ways_double_avx2
#define DOUBLES
#include "kernels/fft/line_precision.inc"
