#include "kernels/linalg/small_solve.h"

#include <float.h>
#include <math.h>

#include "kernels/array/stream.h"
#include "kernels/linalg/grid.h"
#include "kernels/linalg/small_product.h"

#define NAME(name) name##_float
#define TYPE       float
#define NUMBER     RTK_FLOAT
#define ABSOLUTE   fabsf
#define SAFE_LEAST FLT_MIN
#include "kernels/linalg/small_solve.inc"

#define NAME(name) name##_double
#define TYPE       double
#define NUMBER     RTK_DOUBLE
#define ABSOLUTE   fabs
#define SAFE_LEAST DBL_MIN
#include "kernels/linalg/small_solve.inc"

bool rtk_small_solve_takes(rtk_number number, size_t n, size_t k) {
    bool real = number == RTK_FLOAT || number == RTK_DOUBLE;
    return real && n <= RTK_SMALL_SOLVE_LONGEST && k <= RTK_SMALL_SOLVE_SIDES &&
           (n <= RTK_SMALL_SOLVE_FEW ||
            rtk_small_product_takes(number, n, n, n));
}

int rtk_small_solve(rtk_number number, void *rows, size_t n, size_t k) {
    static rtk_small_solve_way *const ways[][2] = {
        {rtk_small_solve_float, rtk_small_solve_double},
        {rtk_small_solve_float_avx2, rtk_small_solve_double_avx2},
        {rtk_small_solve_float_avx512, rtk_small_solve_double_avx512}};
    size_t way = 0;
    if (!RTK_PLAIN_ONLY && __builtin_cpu_supports("avx2")) way = 1;
    if (!RTK_PLAIN_ONLY && __builtin_cpu_supports("avx512f")) way = 2;
    return ways[way][number == RTK_DOUBLE](rows, n, k);
}
