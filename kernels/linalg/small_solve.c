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

static bool in_panels(size_t n) {
    return n > RTK_SMALL_SOLVE_SHORTEST;
}

bool rtk_small_solve_takes(rtk_number number, size_t n, size_t k) {
    bool real = number == RTK_FLOAT || number == RTK_DOUBLE;
    if (!real || n > RTK_SMALL_SOLVE_LONGEST || k > RTK_SMALL_SOLVE_SIDES)
        return false;
    return !in_panels(n) || rtk_small_product_takes(number, n, n + k, n);
}

size_t rtk_small_solve_room(rtk_number number, size_t n, size_t k) {
    size_t length =
        rtk_small_solve_padded(number, n) + rtk_small_solve_padded(number, k);
    return in_panels(n) ? n * length : 0;
}

int rtk_small_solve(rtk_number number, void *rows, size_t n, size_t k,
                    void *room) {
    static rtk_small_solve_way *const ways[][2] = {
        {rtk_small_solve_float, rtk_small_solve_double},
        {rtk_small_solve_float_avx2, rtk_small_solve_double_avx2},
        {rtk_small_solve_float_avx512, rtk_small_solve_double_avx512}};
    size_t way = 0;
    if (!RTK_PLAIN_ONLY && __builtin_cpu_supports("avx2")) way = 1;
    if (!RTK_PLAIN_ONLY && __builtin_cpu_supports("avx512f")) way = 2;
    return ways[way][number == RTK_DOUBLE](rows, n, k,
                                           in_panels(n) ? room : NULL);
}
