/* racetrack-linalg-splits: is the split between workers and BLAS threads that
 * kernels/linalg/split.c chooses the best one? For each operation, length and
 * batch all splits w x b with w b <= 2 CPUs are tried in turn, round after
 * round in another order, and the library's own choice as one more. A row says
 * how fast the best split and the crowded one (all CPUs x all CPUs) are beside
 * the chosen one: medians of the ratios within a round, with quartiles. The
 * best of several is partly the luckiest, so a perfect choice is a little under
 * 1, too; what it would be is printed as the ratio of the same split, given by
 * hand ("fixed").
 *
 * Exit: 0 measured, 2 usage, 3 something failed. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/peers/quantiles.h"
#include "kernels/linalg/linalg.h"

enum { ARMS_MOST = 64, ROUNDS_MOST = 64, CHOSEN = 0 };

typedef struct cell {
    size_t n, batch;
    rtk_array a, b, c, w;
    int *pivots;
} cell;

typedef struct operation {
    const char *name;
    rtk_status (*run)(const cell *c, const rtk_linalg_options *how);
    double flops; /* of one matrix, over n^3 */
} operation;

static rtk_status product(const cell *c, const rtk_linalg_options *how) {
    return rtk_matmul(&c->a, &c->b, &c->c, how);
}

static rtk_status solve(const cell *c, const rtk_linalg_options *how) {
    return rtk_solve(&c->a, &c->b, &c->c, how);
}

static rtk_status factor(const cell *c, const rtk_linalg_options *how) {
    return rtk_lu(&c->a, &c->c, c->pivots, how);
}

static rtk_status cholesky(const cell *c, const rtk_linalg_options *how) {
    return rtk_cholesky(&c->a, &c->c, how);
}

static rtk_status qr(const cell *c, const rtk_linalg_options *how) {
    return rtk_qr(&c->a, &c->b, &c->c, how);
}

static rtk_status eigh(const cell *c, const rtk_linalg_options *how) {
    return rtk_eigh(&c->a, &c->w, &c->c, how);
}

static rtk_status svd(const cell *c, const rtk_linalg_options *how) {
    return rtk_svd(&c->a, NULL, &c->w, NULL, how);
}

static const operation operations[] = {
    {"product", product, 2}, {"solve", solve, 2.7},
    {"lu", factor, 0.7},     {"cholesky", cholesky, 0.4},
    {"qr", qr, 3},           {"eigh", eigh, 9},
    {"svd", svd, 3},
};

typedef struct arm {
    rtk_linalg_options how;
    double ns[ROUNDS_MOST];
} arm;

typedef struct race {
    arm arm[ARMS_MOST];
    size_t arms;
    unsigned rounds, repeats, cpus;
} race;

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- Cells -----------------------------------------------------------------
 */

static bool fill(rtk_array *array, size_t batch, size_t n, double diagonal) {
    size_t shape[3] = {batch, n, n}, count = batch * n * n;
    double *x = malloc(count * sizeof *x);
    *array = rtk_array_dense(RTK_DOUBLE, 3, shape, x);
    for (size_t i = 0; x && i < count; i++) {
        size_t row = i / n % n, column = i % n;
        size_t key = row < column ? row * n + column : column * n + row;
        x[i] = (double)(key * 2654435761U % 1009) / 1009;
        if (row == column) x[i] += diagonal;
    }
    return x != NULL;
}

static void close_cell(cell *c) {
    free(c->a.data);
    free(c->b.data);
    free(c->c.data);
    free(c->w.data);
    free(c->pivots);
}

static bool open_cell(cell *c, size_t n, size_t batch) {
    memset(c, 0, sizeof *c);
    c->n = n;
    c->batch = batch;
    bool good = fill(&c->a, batch, n, (double)n) && fill(&c->b, batch, n, 0) &&
                fill(&c->c, batch, n, 0);
    c->w = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){batch, n},
                           calloc(batch * n, sizeof(double)));
    c->pivots = calloc(batch * n, sizeof *c->pivots);
    return good && c->w.data && c->pivots;
}

/* ---- Races -----------------------------------------------------------------
 */

static void enter(race *r, int64_t workers, int threads) {
    if (r->arms == ARMS_MOST) return;
    r->arm[r->arms++].how =
        (rtk_linalg_options){.size = sizeof(rtk_linalg_options),
                             .workers = workers,
                             .blas_threads = threads};
}

static void enter_all(race *r, unsigned cpus, unsigned rounds) {
    r->arms = 0;
    r->cpus = cpus;
    r->rounds = rounds;
    enter(r, cpus, 0);
    for (unsigned w = 1; w <= 2 * cpus; w++)
        for (unsigned b = 1; w * b <= 2 * cpus; b++) enter(r, w, (int)b);
}

/* So many that a sample takes some milliseconds. */
static unsigned repeats(const operation *o, const cell *c) {
    double n = (double)c->n, flops = o->flops * n * n * n * (double)c->batch;
    double fit = 2e7 / flops;
    return fit < 1 ? 1 : (unsigned)fit;
}

static rtk_status time_arm(const operation *o, const cell *c, race *r, size_t i,
                           unsigned round) {
    rtk_status s = o->run(c, &r->arm[i].how);
    double start = now_ns();
    for (unsigned k = 0; !s && k < r->repeats; k++)
        s = o->run(c, &r->arm[i].how);
    r->arm[i].ns[round] = (now_ns() - start) / (r->repeats ? r->repeats : 1);
    return s;
}

/* Threads of OpenBLAS look for work for some 27 ms after a call, on the CPUs of
 * whoever comes next. */
static void settle(void) {
    const struct timespec pause = {0, 35000000};
    nanosleep(&pause, NULL);
}

static void shuffle(size_t *order, size_t count, uint64_t *seed) {
    for (size_t i = 0; i < count; i++) order[i] = i;
    for (size_t i = count; i-- > 1;) {
        *seed = *seed * 6364136223846793005U + 1442695040888963407U;
        size_t j = (size_t)(*seed >> 33) % (i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static rtk_status run_race(const operation *o, const cell *c, race *r) {
    static uint64_t seed = 1;
    size_t order[ARMS_MOST] = {0};
    rtk_status s = RTK_OK;
    r->repeats = repeats(o, c);
    for (unsigned round = 0; !s && round < r->rounds; round++) {
        shuffle(order, r->arms, &seed);
        for (size_t i = 0; !s && i < r->arms; i++) {
            s = time_arm(o, c, r, order[i], round);
            if (r->arm[order[i]].how.blas_threads != 1) settle();
        }
    }
    return s;
}

/* ---- Rows ------------------------------------------------------------------
 */

static rtk_spread ratio(const race *r, size_t over, size_t under) {
    double x[ROUNDS_MOST];
    for (unsigned i = 0; i < r->rounds; i++)
        x[i] = r->arm[over].ns[i] / r->arm[under].ns[i];
    return rtk_spread_of(x, r->rounds);
}

static size_t find(const race *r, int64_t workers, int threads) {
    size_t i = 1;
    while (i < r->arms && (r->arm[i].how.workers != workers ||
                           r->arm[i].how.blas_threads != threads))
        i++;
    return i;
}

static size_t best(const race *r) {
    size_t least = 1;
    for (size_t i = 2; i < r->arms; i++)
        if (rtk_spread_of(r->arm[i].ns, r->rounds).median <
            rtk_spread_of(r->arm[least].ns, r->rounds).median)
            least = i;
    return least;
}

static void say(const operation *o, const cell *c, race *r) {
    int threads = 0;
    unsigned workers = 0;
    rtk_linalg_options how = r->arm[CHOSEN].how;
    how.effective = &workers;
    how.effective_blas = &threads;
    if (o->run(c, &how)) return;
    size_t at = best(r), crowd = find(r, r->cpus, (int)r->cpus);
    size_t fixed = find(r, threads > 1 ? workers : r->cpus, threads);
    rtk_spread b = ratio(r, at, CHOSEN), f = ratio(r, at, fixed);
    rtk_spread d = ratio(r, crowd, CHOSEN);
    printf("| %s | %zu | %zu | %u x %d | %lld x %d | %.2f (%.2f to %.2f) | "
           "%.2f | %.2f (%.2f to %.2f) | %.2f |\n",
           o->name, c->n, c->batch, workers, threads,
           (long long)r->arm[at].how.workers, r->arm[at].how.blas_threads,
           b.median, b.low, b.high, f.median, d.median, d.low, d.high,
           ratio(r, find(r, 1, 1), find(r, 1, (int)r->cpus)).median);
    fflush(stdout);
}

static rtk_status try_cell(const operation *o, size_t n, size_t batch,
                           unsigned rounds) {
    static race r;
    cell c;
    rtk_status s = open_cell(&c, n, batch) ? RTK_OK : RTK_ENOMEM;
    enter_all(&r, rtk_cpus_usable(), rounds);
    if (!s) s = run_race(o, &c, &r);
    if (!s) say(o, &c, &r);
    close_cell(&c);
    return s;
}

/* Batches of small matrices, then few large ones. */
static rtk_status try_all(const operation *o, unsigned rounds) {
    static const size_t small[] = {8, 16, 32, 64, 96, 128, 192, 256};
    static const size_t large[][2] = {{128, 1}, {192, 1}, {256, 1}, {256, 3},
                                      {384, 1}, {512, 1}, {512, 2}, {512, 3}};
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < sizeof small / sizeof *small; i++) {
        double n = (double)small[i], fit = 2e7 / (o->flops * n * n * n);
        size_t batch = fit < 4 ? 4 : fit > 4000 ? 4000 : (size_t)fit;
        s = try_cell(o, small[i], batch, rounds);
    }
    for (size_t i = 0; !s && i < sizeof large / sizeof *large; i++)
        s = try_cell(o, large[i][0], large[i][1], rounds);
    return s;
}

static int usage(void) {
    fprintf(stderr,
            "usage: racetrack-linalg-splits [--rounds 5..%d] "
            "[OPERATION ...]\nOperations:",
            ROUNDS_MOST);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        fprintf(stderr, " %s", operations[i].name);
    fprintf(stderr, "; none given: product solve\n");
    return 2;
}

static const operation *named(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (!strcmp(name, operations[i].name)) return &operations[i];
    return NULL;
}

int main(int argc, char **argv) {
    static char *usual[] = {"product", "solve"};
    unsigned rounds = 9;
    int first = 1, count = argc - 1;
    if (count >= 2 && !strcmp(argv[1], "--rounds")) {
        char *end;
        unsigned long given = strtoul(argv[2], &end, 10);
        if (*end || given < 5 || given > ROUNDS_MOST) return usage();
        rounds = (unsigned)given;
        first += 2;
        count -= 2;
    }
    char **names = count ? argv + first : usual;
    count = count ? count : 2;
    for (int i = 0; i < count; i++)
        if (!named(names[i])) return usage();
    printf("| operation | n | batch | chosen | best | best / chosen, time | "
           "best / fixed | crowded / chosen, time | 1 x 1 / 1 x CPUs |\n"
           "|---|---|---|---|---|---|---|---|---|\n");
    rtk_status s = RTK_OK;
    for (int i = 0; !s && i < count; i++) s = try_all(named(names[i]), rounds);
    if (s) fprintf(stderr, "racetrack-linalg-splits: %s\n", rtk_status_text(s));
    return s ? 3 : 0;
}
