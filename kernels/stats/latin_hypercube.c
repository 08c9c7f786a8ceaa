/* A column is a permutation of the intervals, drawn from the seed and the
 * column's number; so workers may share the columns. */

#include "kernels/stats/latin_hypercube.h"

#include <stdbool.h>
#include <stdlib.h>

#include "kernels/stats/counter_random.h"
#include "kernels/workers/workers.h"

/* Read-only while the parts run, but for the part's column. */
typedef struct drawing {
    double *points;
    size_t n, d, root; /* root: of n, for strength 2; else 0 */
    bool centred;
    uint64_t seed;
} drawing;

/* Seeds of what is drawn for a column. */
enum { ORDER, OFFSETS, SYMBOLS, KINDS };

static uint64_t seed_of(const drawing *job, size_t column, unsigned kind) {
    return rtk_random_bits(job->seed, (uint64_t)column * KINDS + kind);
}

/* Fisher and Yates's shuffle of 0 .. n-1. */
static void shuffle(size_t *p, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)rtk_random_below(seed, i, i + 1);
        p[i] = p[j];
        p[j] = i;
    }
}

/* Which interval each row takes: a shuffle. */
static void plain(const drawing *job, size_t column, size_t *interval) {
    shuffle(interval, job->n, seed_of(job, column, ORDER));
}

/* Row (a, b) of an orthogonal array of p^2 rows has symbol a in its first
 * column, and b + (k - 1) a modulo p in column k: each pair of symbols of two
 * columns once. The p rows of a symbol take its p intervals, shuffled. */
static void orthogonal(const drawing *job, size_t column, size_t *interval,
                       size_t *room) {
    size_t p = job->root, *symbol = room, *taken = room + p, *order = taken + p;
    shuffle(symbol, p, seed_of(job, column, SYMBOLS));
    for (size_t s = 0; s < p; s++) {
        taken[s] = 0;
        shuffle(order + s * p, p,
                rtk_random_bits(seed_of(job, column, ORDER), s));
    }
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) {
            size_t s = symbol[column ? (b + (column - 1) * a) % p : a];
            interval[a * p + b] = s * p + order[s * p + taken[s]++];
        }
}

static rtk_status draw_column(void *arg, size_t column) {
    const drawing *job = arg;
    size_t n = job->n, p = job->root;
    size_t *interval = malloc((n + 2 * p + p * p) * sizeof *interval);
    if (!interval) return RTK_ENOMEM;
    if (p)
        orthogonal(job, column, interval, interval + n);
    else
        plain(job, column, interval);
    uint64_t offsets = seed_of(job, column, OFFSETS);
    for (size_t i = 0; i < n; i++) {
        double u = job->centred ? 0.5 : rtk_random_open(offsets, i);
        double x = ((double)interval[i] + u) / (double)n;
        /* Rounding may reach 1. */
        job->points[i * job->d + column] = x < 1 ? x : 0x1.fffffffffffffp-1;
    }
    free(interval);
    return RTK_OK;
}

/* p, if it is a prime and its square is n; else 0. */
static size_t prime_root(size_t n) {
    size_t p = 2;
    for (; p < n / p; p++)
        if (n % p == 0) return 0;
    return p * p == n ? p : 0;
}

rtk_status rtk_latin_hypercube(double *points, size_t n, size_t d,
                               const rtk_latin_options *options,
                               int64_t workers, unsigned *effective) {
    static const rtk_latin_options usual = {.size = sizeof usual};
    const rtk_latin_options *o = options ? options : &usual;
    if (!points || !n || !d || o->size < sizeof *o || o->strength > 2 ||
        n > UINT32_MAX || d > PTRDIFF_MAX / sizeof *points / n)
        return RTK_EINVAL;
    size_t root = o->strength == 2 ? prime_root(n) : 0;
    if (o->strength == 2 && (!root || d > root + 1)) return RTK_EINVAL;
    drawing job = {points, n, d, root, o->centred != 0, o->seed};
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s = rtk_parallel_for(NULL, workers, d, draw_column, &job, &loop);
    if (!s && effective) *effective = loop.effective;
    return s;
}
