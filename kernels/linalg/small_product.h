#ifndef RTK_SMALL_PRODUCT_H
#define RTK_SMALL_PRODUCT_H

/* Products of real matrices so small that a call of the BLAS costs as much as
 * what it does. Internal to linalg/. */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/linalg/grid.h"

/* Whether rtk_small_product() takes products of such matrices, and is faster
 * than the BLAS: by number, lengths and CPU alone. MT-Safe. */
bool rtk_small_product_takes(rtk_number number, size_t m, size_t n, size_t k);

/* c = a b, each element the sum of its products in order, each added by one
 * fused operation; so bits depend on nothing else.
 *
 *   a     m x k, any strides
 *   b, c  k x n and m x n; rows without gaps: across is one number
 *   c     apart from a and b
 *
 * MT-Safe. */
void rtk_small_product(rtk_grid c, rtk_grid a, rtk_grid b);

/* c = c - a b, as above. MT-Safe. */
void rtk_small_product_subtract(rtk_grid c, rtk_grid a, rtk_grid b);

/* As above; strides are in elements, those of rows for b and c. */
typedef struct rtk_small_operands {
    size_t m, n, k;
    const void *a, *b;
    void *c;
    ptrdiff_t a_down, a_across, b_down, c_down;
    bool subtracts; /* c = c - a b */
} rtk_small_operands;

/* What to call for products of such matrices: only data may differ. */
typedef struct rtk_small_plan {
    rtk_small_operands operands;
    void (*run)(const rtk_small_operands *o);
} rtk_small_plan;

/* As rtk_small_product() would; data need not be there yet. MT-Safe. */
rtk_small_plan rtk_small_product_plan(rtk_grid c, rtk_grid a, rtk_grid b);

/* For one number and one set of instructions. MT-Safe. */
void rtk_small_product_float_avx2(const rtk_small_operands *o);
void rtk_small_product_double_avx2(const rtk_small_operands *o);
void rtk_small_product_float_avx512(const rtk_small_operands *o);
void rtk_small_product_double_avx512(const rtk_small_operands *o);

#endif
