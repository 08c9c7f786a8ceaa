#include "kernels/linalg/small_product.h"

#include "kernels/array/stream.h"

typedef struct way {
    double longest; /* of the edges of a cube that costs as much */
    void (*run[2])(const rtk_small_operands *o); /* float, double */
} way;

/* How far either is faster than OpenBLAS was measured by kernel-peers. Both
 * give the same bits. */
static const way *best(void) {
    static const way avx2 = {96,
                             {[RTK_FLOAT] = rtk_small_product_float_avx2,
                              [RTK_DOUBLE] = rtk_small_product_double_avx2}};
    static const way avx512 = {
        256,
        {[RTK_FLOAT] = rtk_small_product_float_avx512,
         [RTK_DOUBLE] = rtk_small_product_double_avx512}};
    if (RTK_PLAIN_ONLY) return NULL;
    if (__builtin_cpu_supports("avx512f")) return &avx512;
    bool fused =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return fused ? &avx2 : NULL;
}

bool rtk_small_product_takes(rtk_number number, size_t m, size_t n, size_t k) {
    const way *w = best();
    if (!w || (number != RTK_FLOAT && number != RTK_DOUBLE)) return false;
    double edge = w->longest, volume = (double)m * (double)n * (double)k;
    return volume <= edge * edge * edge && (double)m <= 2 * edge &&
           (double)n <= 2 * edge && (double)k <= 2 * edge;
}

rtk_small_plan rtk_small_product_plan(rtk_grid c, rtk_grid a, rtk_grid b) {
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
    return (rtk_small_plan){o, best()->run[c.number]};
}

void rtk_small_product(rtk_grid c, rtk_grid a, rtk_grid b) {
    rtk_small_plan plan = rtk_small_product_plan(c, a, b);
    plan.run(&plan.operands);
}

void rtk_small_product_subtract(rtk_grid c, rtk_grid a, rtk_grid b) {
    rtk_small_plan plan = rtk_small_product_plan(c, a, b);
    plan.operands.subtracts = true;
    plan.run(&plan.operands);
}
