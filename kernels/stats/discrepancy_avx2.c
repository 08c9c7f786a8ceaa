/* Compiled for AVX2 (kernels/CMakeLists). */
#define ROW rtk_discrepancy_row_avx2
#include "kernels/stats/discrepancy_rows.inc"
