#ifndef RTK_SMALL_SOLVE_H
#define RTK_SMALL_SOLVE_H

/* Systems of so few real equations that LAPACK does not get fast: Gauss's
 * elimination with exchanges of rows, the right-hand sides carried along.
 * Internal to linalg/. */

#include <stdbool.h>
#include <stddef.h>

#include "kernels/array/array.h"

enum {
    /* Rows, and the right-hand sides in them, begin at a multiple of so many
     * bytes: a block. */
    RTK_SMALL_SOLVE_BLOCK = 64,
    /* More equations than FEW are eliminated in panels of so many, whole
     * blocks, the rest by rtk_small_product(). */
    RTK_SMALL_SOLVE_PANEL = 16,
    RTK_SMALL_SOLVE_FEW = 32,
    RTK_SMALL_SOLVE_LONGEST = 256,
    RTK_SMALL_SOLVE_SIDES = 64 /* no more of them */
};

/* Whether rtk_small_solve() takes n equations with k right-hand sides, and is
 * faster than LAPACK. MT-Safe. */
bool rtk_small_solve_takes(rtk_number number, size_t n, size_t k);

/* How many numbers whole blocks have in which n find room. MT-Safe. */
static inline size_t rtk_small_solve_padded(rtk_number number, size_t n) {
    size_t each = RTK_SMALL_SOLVE_BLOCK / rtk_number_bytes(number);
    return (n + each - 1) / each * each;
}

/* Solve.
 *
 *   rows  n of them, each the padded n coefficients, then the padded k
 *         right-hand sides, all finite; aligned at a block. Changed; in the end
 *         solutions stand where the right-hand sides stood
 *
 * Returns 0, or the number of the first pivot that is zero, from 1; there are
 * no solutions then. MT-Safe. */
int rtk_small_solve(rtk_number number, void *rows, size_t n, size_t k);

/* For one number and one set of instructions. MT-Safe. */
typedef int rtk_small_solve_way(void *rows, size_t n, size_t k);

rtk_small_solve_way rtk_small_solve_float, rtk_small_solve_double,
    rtk_small_solve_float_avx2, rtk_small_solve_double_avx2,
    rtk_small_solve_float_avx512, rtk_small_solve_double_avx512;

#endif
