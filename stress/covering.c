#include "stress/covering.h"

#include <stdbool.h>
#include <string.h>

/* Rows that are tried for each place; the best is taken. */
enum { TRIES = 12 };

/* Which pairs are covered: of levels u and v of factors a < b. */
typedef struct pairs {
    bool covered[RTK_FACTORS_MAX][RTK_FACTORS_MAX][RTK_LEVELS_MAX]
                [RTK_LEVELS_MAX];
    size_t open; /* not yet covered */
    const unsigned *levels;
    size_t n;
} pairs;

static bool *pair(pairs *p, size_t a, unsigned u, size_t b, unsigned v) {
    return a < b ? &p->covered[a][b][u][v] : &p->covered[b][a][v][u];
}

/* Pairs that level `u` of factor `a` would cover with the factors fixed. */
static size_t gain(pairs *p, const uint8_t *row, const bool *fixed, size_t a,
                   unsigned u) {
    size_t n = 0;
    for (size_t b = 0; b < p->n; b++)
        n += b != a && fixed[b] && !*pair(p, a, u, b, row[b]);
    return n;
}

/* Open pairs of level `u` of factor `a` with any level of any factor. */
static size_t openings(pairs *p, size_t a, unsigned u) {
    size_t n = 0;
    for (size_t b = 0; b < p->n; b++)
        for (unsigned v = 0; b != a && v < p->levels[b]; v++)
            n += !*pair(p, a, u, b, v);
    return n;
}

/* Choose the level of `a` that covers most; ties go to that with more open
 * pairs, then to the first from `turn` on. */
static void choose(pairs *p, uint8_t *row, const bool *fixed, size_t a,
                   unsigned turn) {
    size_t best = 0;
    for (unsigned i = 0; i < p->levels[a]; i++) {
        unsigned u = (i + turn) % p->levels[a];
        size_t worth = 1 + gain(p, row, fixed, a, u) * 1000 + openings(p, a, u);
        if (worth > best) {
            best = worth;
            row[a] = (uint8_t)u;
        }
    }
}

static size_t cover(pairs *p, const uint8_t *row, bool mark) {
    size_t n = 0;
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = a + 1; b < p->n; b++) {
            bool *is = pair(p, a, row[a], b, row[b]);
            n += !*is;
            if (mark) *is = true;
        }
    return n;
}

/* A row whose factors are chosen one after the other, from factor `first`. */
static void make_row(pairs *p, uint8_t *row, size_t first, unsigned turn) {
    bool fixed[RTK_FACTORS_MAX] = {false};
    for (size_t i = 0; i < p->n; i++) {
        size_t a = (first + i) % p->n;
        choose(p, row, fixed, a, turn);
        fixed[a] = true;
    }
}

static size_t count_pairs(const pairs *p) {
    size_t n = 0;
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = a + 1; b < p->n; b++)
            n += (size_t)p->levels[a] * p->levels[b];
    return n;
}

size_t rtk_covering_array(const unsigned *levels, size_t n,
                          uint8_t (*row)[RTK_FACTORS_MAX], size_t room) {
    static const uint8_t zeros[RTK_FACTORS_MAX];
    pairs p = {.levels = levels, .n = n};
    size_t rows = 0;
    p.open = count_pairs(&p);
    if (!room) return 0;
    memcpy(row[rows++], zeros, sizeof zeros);
    p.open -= cover(&p, zeros, true);
    while (p.open && rows < room) {
        size_t best = 0;
        for (unsigned t = 0; t < TRIES; t++) {
            uint8_t made[RTK_FACTORS_MAX] = {0};
            make_row(&p, made, t % n, t / (unsigned)n);
            size_t worth = cover(&p, made, false);
            if (worth <= best) continue;
            best = worth;
            memcpy(row[rows], made, sizeof made);
        }
        p.open -= cover(&p, row[rows++], true);
    }
    return rows;
}
