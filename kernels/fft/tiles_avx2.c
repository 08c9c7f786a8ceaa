/* Tiles for a CPU with AVX2: this file is compiled for it (kernels/CMakeLists).
 */

#define MOVES rtk_tile_moves_avx2
#include "kernels/fft/tile_moves.inc"
