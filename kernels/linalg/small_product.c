#include "kernels/linalg/small_product.h"

#include "kernels/array/stream.h"

/* Up to this length of a cube; measured by kernel-peers. */
static const double longest = 64;

bool rtk_small_product_takes(rtk_number number, size_t m, size_t n, size_t k) {
    if ((number != RTK_FLOAT && number != RTK_DOUBLE) || RTK_PLAIN_ONLY ||
        (double)m * (double)n * (double)k > longest * longest * longest ||
        (double)n * (double)k > 4 * longest * longest)
        return false;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

void rtk_small_product(rtk_grid c, rtk_grid a, rtk_grid b) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(c.number);
    rtk_small_operands o = {.m = c.rows,
                            .n = c.columns,
                            .k = a.columns,
                            .a = a.data,
                            .b = b.data,
                            .c = c.data,
                            .a_down = a.down / bytes,
                            .a_across = a.across / bytes,
                            .b_down = b.down / bytes,
                            .c_down = c.down / bytes};
    if (c.number == RTK_FLOAT)
        rtk_small_product_float(&o);
    else
        rtk_small_product_double(&o);
}
