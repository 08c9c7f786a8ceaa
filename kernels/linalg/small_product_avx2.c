/* Compiled for AVX2 and FMA (kernels/CMakeLists). */

#include <immintrin.h>
#include <stdint.h>

#include "kernels/linalg/small_product.h"

enum { MOST_PACKED = 256 };

/* The first `count` of 4. */
static __m256i first_of_4(size_t count) {
    int64_t lane[4];
    for (size_t i = 0; i < 4; i++) lane[i] = i < count ? -1 : 0;
    return _mm256_loadu_si256((const __m256i *)(const void *)lane);
}

/* The first `count` of 8. */
static __m256i first_of_8(size_t count) {
    int32_t lane[8];
    for (size_t i = 0; i < 8; i++) lane[i] = i < count ? -1 : 0;
    return _mm256_loadu_si256((const __m256i *)(const void *)lane);
}

#define NAME(name) name##_double_avx2
#define TYPE       double
#define VECTOR     __m256d
#define LANES      ((size_t)4)
#define MASK       __m256i
#define FIRST      first_of_4
#define LOAD       _mm256_loadu_pd
#define LOAD_SOME  _mm256_maskload_pd
#define STORE      _mm256_storeu_pd
#define STORE_SOME _mm256_maskstore_pd
#define SPREAD     _mm256_broadcast_sd
#define FUSED      _mm256_fmadd_pd
#define MINUS      _mm256_sub_pd
#define NONE       _mm256_setzero_pd
#define ROWS       4
#include "kernels/linalg/small_product.inc"

#define NAME(name) name##_float_avx2
#define TYPE       float
#define VECTOR     __m256
#define LANES      ((size_t)8)
#define MASK       __m256i
#define FIRST      first_of_8
#define LOAD       _mm256_loadu_ps
#define LOAD_SOME  _mm256_maskload_ps
#define STORE      _mm256_storeu_ps
#define STORE_SOME _mm256_maskstore_ps
#define SPREAD     _mm256_broadcast_ss
#define FUSED      _mm256_fmadd_ps
#define MINUS      _mm256_sub_ps
#define NONE       _mm256_setzero_ps
#define ROWS       4
#include "kernels/linalg/small_product.inc"
