/* Compiled for AVX-512 (kernels/CMakeLists). */

#include <immintrin.h>
#include <stdint.h>

#include "kernels/linalg/small_product.h"

enum { MOST_PACKED = 256 };

#define SPREAD_DOUBLE(at)          _mm512_set1_pd(*(at))
#define SPREAD_FLOAT(at)           _mm512_set1_ps(*(at))
#define LOAD_SOME_DOUBLE(at, some) _mm512_maskz_loadu_pd((some), (at))
#define LOAD_SOME_FLOAT(at, some)  _mm512_maskz_loadu_ps((some), (at))

#define NAME(name)   name##_double_avx512
#define TYPE         double
#define VECTOR       __m512d
#define LANES        ((size_t)8)
#define MASK         __mmask8
#define FIRST(count) ((__mmask8)((1U << (count)) - 1))
#define LOAD         _mm512_loadu_pd
#define LOAD_SOME    LOAD_SOME_DOUBLE
#define STORE        _mm512_storeu_pd
#define STORE_SOME   _mm512_mask_storeu_pd
#define SPREAD       SPREAD_DOUBLE
#define FUSED        _mm512_fmadd_pd
#define MINUS        _mm512_sub_pd
#define NONE         _mm512_setzero_pd
#define ROWS         8
#include "kernels/linalg/small_product.inc"

#define NAME(name)   name##_float_avx512
#define TYPE         float
#define VECTOR       __m512
#define LANES        ((size_t)16)
#define MASK         __mmask16
#define FIRST(count) ((__mmask16)((1U << (count)) - 1))
#define LOAD         _mm512_loadu_ps
#define LOAD_SOME    LOAD_SOME_FLOAT
#define STORE        _mm512_storeu_ps
#define STORE_SOME   _mm512_mask_storeu_ps
#define SPREAD       SPREAD_FLOAT
#define FUSED        _mm512_fmadd_ps
#define MINUS        _mm512_sub_ps
#define NONE         _mm512_setzero_ps
#define ROWS         8
#include "kernels/linalg/small_product.inc"
