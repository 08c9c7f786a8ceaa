/* Compiled for AVX2 and FMA (kernels/CMakeLists). */

#include <immintrin.h>
#include <stdint.h>

#include "kernels/linalg/small_product.h"

#define NAME(name) name##_double
#define TYPE       double
#define VECTOR     __m256d
#define LANES      4
#define WORD       int64_t
#define LOAD       _mm256_loadu_pd
#define LOAD_SOME  _mm256_maskload_pd
#define STORE      _mm256_storeu_pd
#define STORE_SOME _mm256_maskstore_pd
#define SPREAD     _mm256_broadcast_sd
#define FUSED      _mm256_fmadd_pd
#define NONE       _mm256_setzero_pd
#include "kernels/linalg/small_product.inc"
#undef NAME
#undef TYPE
#undef VECTOR
#undef LANES
#undef WORD
#undef LOAD
#undef LOAD_SOME
#undef STORE
#undef STORE_SOME
#undef SPREAD
#undef FUSED
#undef NONE

#define NAME(name) name##_float
#define TYPE       float
#define VECTOR     __m256
#define LANES      8
#define WORD       int32_t
#define LOAD       _mm256_loadu_ps
#define LOAD_SOME  _mm256_maskload_ps
#define STORE      _mm256_storeu_ps
#define STORE_SOME _mm256_maskstore_ps
#define SPREAD     _mm256_broadcast_ss
#define FUSED      _mm256_fmadd_ps
#define NONE       _mm256_setzero_ps
#include "kernels/linalg/small_product.inc"
