/* Compiled for AVX-512 (kernels/CMakeLists). */

#include <float.h>
#include <math.h>

#include "kernels/linalg/grid.h"
#include "kernels/linalg/small_product.h"
#include "kernels/linalg/small_solve.h"

#define NAME(name) name##_float_avx512
#define TYPE       float
#define NUMBER     RTK_FLOAT
#define ABSOLUTE   fabsf
#define SAFE_LEAST FLT_MIN
#include "kernels/linalg/small_solve.inc"

#define NAME(name) name##_double_avx512
#define TYPE       double
#define NUMBER     RTK_DOUBLE
#define ABSOLUTE   fabs
#define SAFE_LEAST DBL_MIN
#include "kernels/linalg/small_solve.inc"
