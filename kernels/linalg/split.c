#include "kernels/linalg/split.h"

#include <math.h>

/* The share of an operation's time that BLAS threads divide among them, for the
 * lengths `least` and above. Measured as the speed of one matrix with 2 threads
 * against 1 by racetrack-linalg-splits (bench/peers), which tries all splits in
 * turn: where the best split differs from the chosen one by more than 3 %, this
 * table is wrong. OpenBLAS 0.3.21, AVX2, 2 CPUs. */
enum { STEPS = 4 };

static const struct {
    /* Time of one matrix on one CPU: calling, and times the square and the cube
     * of its length. Of real numbers in double. */
    double call_ns, square_ns, cube_ns;
    struct {
        double least, shared;
    } step[STEPS];
} table[RTK_SPLIT_OPERATIONS] = {
    [RTK_SPLIT_PRODUCT] = {150,
                           0,
                           .06,
                           {{64, .6}, {128, .8}, {256, .9}, {512, .95}}},
    [RTK_SPLIT_SOLVE] = {500, 8, .03, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_LU] = {200, 8, .03, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_CHOLESKY] = {200, 7, .005, {{200, .3}, {400, .6}, {800, .8}}},
    [RTK_SPLIT_QR] = {500, 35, .07, {{200, .2}, {400, .5}, {800, .7}}},
    [RTK_SPLIT_EIGH] = {500, 100, .1, {{200, .2}, {400, .4}, {800, .5}}},
    [RTK_SPLIT_EIG] = {1500, 180, 1.2, {{400, .1}, {800, .2}}},
    [RTK_SPLIT_SVD] = {1500, 180, .1, {{200, .1}, {400, .3}, {800, .4}}},
    [RTK_SPLIT_LSTSQ] = {1500, 200, .2, {{200, .1}, {400, .3}, {800, .4}}},
    [RTK_SPLIT_OWN] = {200, 0, .3, {{0, 0}}},
};

/* Up to m n k = 64^3 a product of OpenBLAS has one thread by itself. */
static const double alone_most = 64. * 64 * 64;

/* Of a cube, or a square matrix, that costs the same. */
static double volume(const rtk_split_work *w) {
    double third = w->m < w->n ? w->m : w->n;
    return w->m * w->n * (w->operation == RTK_SPLIT_PRODUCT ? w->k : third);
}

/* Right-hand sides cost as a product does. */
double rtk_split_cost_ns(const rtk_split_work *w) {
    double cube = volume(w), length = cbrt(cube), sides = 0;
    if (w->operation == RTK_SPLIT_SOLVE)
        sides = w->n * w->k * (3 + w->n * table[RTK_SPLIT_PRODUCT].cube_ns);
    double work = table[w->operation].square_ns * length * length +
                  table[w->operation].cube_ns * cube + sides;
    return table[w->operation].call_ns + w->widening * work;
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
    best.scoped = w->operation == RTK_SPLIT_PRODUCT
                      ? volume(w) > alone_most
                      : w->operation != RTK_SPLIT_OWN;
    return best;
}
