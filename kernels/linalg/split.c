#include "kernels/linalg/split.h"

#include <math.h>

/* The share of an operation's time that BLAS threads divide among them, for the
 * lengths `least` and above. Measured as the speed of one matrix with 2 threads
 * against 1 by racetrack-linalg-splits (bench/peers), which tries all splits in
 * turn: where the best split differs from the chosen one by more than 3 %, this
 * table is wrong. OpenBLAS 0.3.21, AVX2, 2 CPUs. */
enum { STEPS = 4 };

static const struct {
    double work; /* floating-point operations: this times m n min(m, n), or
                    m n k */
    struct {
        double least, shared;
    } step[STEPS];
} table[RTK_SPLIT_OPERATIONS] = {
    [RTK_SPLIT_PRODUCT] = {2, {{64, .6}, {128, .8}, {256, .9}, {512, .95}}},
    [RTK_SPLIT_SOLVE] = {.67, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_LU] = {.67, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_CHOLESKY] = {.33, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_QR] = {2.7, {{200, .2}, {400, .5}, {800, .7}}},
    [RTK_SPLIT_EIGH] = {9, {{200, .2}, {400, .4}, {800, .5}}},
    [RTK_SPLIT_EIG] = {25, {{400, .1}, {800, .2}}},
    [RTK_SPLIT_SVD] = {20, {{200, .1}, {400, .3}, {800, .4}}},
    [RTK_SPLIT_LSTSQ] = {8, {{200, .1}, {400, .3}, {800, .4}}},
};

/* Up to m n k = 64^3 a product of OpenBLAS has one thread by itself. */
static const double alone_most = 64. * 64 * 64;
/* Calling costs; and what a CPU does in a nanosecond. */
static const double call_ns = 200, flops_per_ns = 16;

/* Of a cube, or a square matrix, that costs the same. */
static double volume(const rtk_split_work *w) {
    double third = w->m < w->n ? w->m : w->n;
    return w->m * w->n * (w->operation == RTK_SPLIT_PRODUCT ? w->k : third);
}

double rtk_split_cost_ns(const rtk_split_work *w) {
    double sides = w->operation == RTK_SPLIT_SOLVE ? 2 * w->n * w->n * w->k : 0;
    double flops = table[w->operation].work * volume(w) + sides;
    return call_ns + w->widening * flops / flops_per_ns;
}

static double shared(const rtk_split_work *w) {
    double part = 0, length = cbrt(volume(w));
    for (int i = 0; i < STEPS; i++)
        if (table[w->operation].step[i].least > 0 &&
            length >= table[w->operation].step[i].least)
            part = table[w->operation].step[i].shared;
    return part;
}

/* In turns of one matrix on one CPU, by Amdahl's law. */
static double turns(size_t batch, unsigned workers, unsigned threads,
                    double part) {
    double rounds = ceil((double)batch / workers);
    return rounds * (1 - part + part / threads);
}

rtk_split rtk_split_choose(const rtk_split_work *w, size_t batch,
                           unsigned cpus) {
    double part = shared(w);
    rtk_split best = {cpus, 1, 1};
    double least = turns(batch, cpus, 1, part);
    for (unsigned b = 2; b <= cpus && part > 0; b++) {
        double now = turns(batch, cpus / b, b, part);
        if (now >= least) continue;
        least = now;
        best.workers = cpus / b;
        best.blas_threads = (int)b;
    }
    if (batch < best.workers) best.workers = batch ? (unsigned)batch : 1;
    best.scoped = w->operation != RTK_SPLIT_PRODUCT || volume(w) > alone_most;
    return best;
}
