/* Blocks of a fixed size, each summed pairwise down to runs of LEAF, the block
 * sums again pairwise: one tree, whose shape depends on n alone. A leaf has
 * LANES sums side by side, which the compiler keeps in vectors. */

#include "kernels/reduce/sum.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum { BLOCK = 1 << 14, LEAF = 128, LANES = 8, FEW = 64 };

/* Read-only while the parts run, but for partial[part]. */
typedef struct work {
    const double *x;
    double *partial; /* one for each block */
    size_t n;
} work;

static double leaf(const double *x, size_t n) {
    double lane[LANES] = {0}, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) lane[l] += x[i + l];
    for (; i < n; i++) rest += x[i];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7])) + rest;
}

/* Depth of the recursion: log2(n / LEAF). */
static double pairwise(const double *x, size_t n) {
    if (n <= LEAF) return leaf(x, n);
    size_t half = (n / 2 + LANES - 1) / LANES * LANES;
    return pairwise(x, half) + pairwise(x + half, n - half);
}

static rtk_status block(void *arg, size_t part) {
    work *w = arg;
    size_t lo = part * BLOCK, left = w->n - lo;
    double sum = pairwise(w->x + lo, left < BLOCK ? left : BLOCK);
    if (RTK_PLANT(sum_pairs))
        w->partial[part / 2] += sum;
    else
        w->partial[part] = sum;
    return RTK_OK;
}

rtk_status rtk_sum(const double *x, size_t n, int64_t workers, double *sum,
                   unsigned *effective) {
    double few[FEW];
    size_t blocks = n / BLOCK + (n % BLOCK != 0);
    double *many = blocks > FEW ? malloc(blocks * sizeof *many) : NULL;
    if (blocks > FEW && !many) return RTK_ENOMEM;
    work w = {x, many ? many : few, n};
    rtk_loop loop = {.size = sizeof loop};
    if (RTK_PLANT(sum_pairs)) memset(w.partial, 0, blocks * sizeof *w.partial);
    rtk_status s = rtk_parallel_for(NULL, workers, blocks, block, &w, &loop);
    if (!s) *sum = pairwise(w.partial, blocks);
    if (!s && effective) *effective = loop.effective;
    free(many);
    return s;
}
