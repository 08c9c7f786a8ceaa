#ifndef RTK_ARRAY_H
#define RTK_ARRAY_H

/* Arrays as the kernels take them: any shape, any strides, numbers real or
 * complex in three precisions. A description only; the memory is the caller's.
 */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_ARRAY_RANK_MAX = 16 };

/* What an element is. Complex: real part, then imaginary part. */
typedef enum rtk_number {
    RTK_FLOAT,
    RTK_DOUBLE,
    RTK_LONG_DOUBLE,
    RTK_FLOAT_COMPLEX,
    RTK_DOUBLE_COMPLEX,
    RTK_LONG_DOUBLE_COMPLEX
} rtk_number;

/* Element (i0, i1, ...) lies at data + i0 * stride[0] + i1 * stride[1] + ... An
 * array that is written must not reach an element in two ways; one that is only
 * read may, by strides of 0 too. Rank 0 is one element. */
typedef struct rtk_array {
    size_t size; /* sizeof(rtk_array) */
    rtk_number number;
    size_t rank;                          /* 0 .. RTK_ARRAY_RANK_MAX */
    size_t shape[RTK_ARRAY_RANK_MAX];     /* elements; 0 is allowed */
    ptrdiff_t stride[RTK_ARRAY_RANK_MAX]; /* bytes; 0 and below too */
    void *data; /* aligned at least as its real numbers are */
} rtk_array;

/* Bytes of one element. MT-Safe. */
size_t rtk_number_bytes(rtk_number number);

/* Whether `number` is complex. MT-Safe. */
bool rtk_number_is_complex(rtk_number number);

/* The real number of the same precision. MT-Safe. */
rtk_number rtk_number_real(rtk_number number);

/* The complex number of the same precision. MT-Safe. */
rtk_number rtk_number_complex(rtk_number number);

/* Describe contiguous memory in C order. The result may be one that
 * rtk_array_check() refuses.
 *
 *   rank   0 .. RTK_ARRAY_RANK_MAX; more gives an array that is refused
 *   shape  `rank` lengths, in elements
 *   data   kept, not touched
 *
 * MT-Safe. */
rtk_array rtk_array_dense(rtk_number number, size_t rank, const size_t *shape,
                          void *data);

/* Whether `array` makes sense: known size, number and rank; data where there
 * are elements; count, bytes and every offset within ptrdiff_t; data and
 * strides multiples of the alignment of its real numbers.
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_array_check(const rtk_array *array);

/* Number of elements of an array that rtk_array_check() passes. MT-Safe. */
size_t rtk_array_count(const rtk_array *array);

/* Whether the elements lie in C order without gaps. MT-Safe. */
bool rtk_array_is_dense(const rtk_array *array);

/* The lowest byte that the elements touch and the first byte behind the
 * highest; both data when there are no elements. MT-Safe. */
void rtk_array_extent(const rtk_array *array, const char **low,
                      const char **high);

/* Whether the extents of two arrays meet; elements need not. MT-Safe. */
bool rtk_array_overlap(const rtk_array *a, const rtk_array *b);

#ifdef __cplusplus
}
#endif

#endif
