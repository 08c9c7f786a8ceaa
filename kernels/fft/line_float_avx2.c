/* Lines in float for a CPU with AVX2: this file is compiled for it
 * (kernels/CMakeLists). Products and sums are fused, so that bits depend on
 * the CPU, as those of FFTW do. */

#define REAL    float
#define FFTW(x) fftwf_##x
#define WAYS    rtk_line_ways_float_avx2
#define FLOATS
#include "kernels/fft/line_precision.inc"
