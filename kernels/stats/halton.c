/* The lowest digits of an index choose an entry of a table, made once for each
 * dimension; the digits above change only as often as the table is used up. So
 * a coordinate costs an addition, and is still a function of its index alone.
 */

#include "kernels/stats/halton.h"

#include <stdbool.h>
#include <stdlib.h>

#include "kernels/stats/counter_random.h"
#include "kernels/workers/workers.h"

enum {
    ENTRIES = 1 << 9,      /* of a table, about; at least the base */
    PART_NUMBERS = 1 << 14 /* coordinates of a part: some 20 us */
};

/* One dimension. */
typedef struct axis {
    uint64_t base, entries; /* entries = base^low */
    unsigned low, digits;   /* digits in the table, and in all */
    double *table;          /* of the lowest digits */
    double step;            /* 1 / entries */
    uint32_t *permuted;     /* [digit][value]; NULL: not permuted */
} axis;

struct rtk_halton {
    size_t dimensions;
    axis *axis;
};

/* ---- Making ----------------------------------------------------------------
 */

static bool is_prime(uint64_t n) {
    for (uint64_t d = 2; d * d <= n; d++)
        if (n % d == 0) return false;
    return n > 1;
}

static uint64_t digit(const axis *a, unsigned place, uint64_t value) {
    return a->permuted ? a->permuted[place * a->base + value] : value;
}

/* The digits of `index` from place `from` to place `to`, the first weighing
 * `weight`. Summed from the least one on. */
static double radical(const axis *a, uint64_t index, unsigned from, unsigned to,
                      double weight) {
    double value[64], sum = 0;
    unsigned n = 0;
    for (unsigned place = from; place < to; place++, index /= a->base) {
        if (!a->permuted && !index) break;
        value[n++] = (double)digit(a, place, index % a->base) * weight;
        weight /= (double)a->base;
    }
    while (n) sum += value[--n];
    return sum;
}

/* Fisher and Yates's shuffle, with numbers of its own for each digit. */
static void permute(axis *a, uint64_t seed) {
    for (unsigned place = 0; place < a->digits; place++) {
        uint32_t *p = a->permuted + place * a->base;
        uint64_t own = rtk_random_bits(seed, place);
        for (uint64_t i = 0; i < a->base; i++) {
            uint64_t j = rtk_random_below(own, i, i + 1);
            p[i] = p[j];
            p[j] = (uint32_t)i;
        }
    }
}

static rtk_status make(axis *a, uint64_t base, int scramble, uint64_t seed) {
    a->base = a->entries = base;
    a->low = 1;
    while (a->entries * base <= ENTRIES) {
        a->entries *= base;
        a->low++;
    }
    a->step = 1 / (double)a->entries;
    /* Digits that can still be seen beside 1. */
    double weight = 1;
    while (1 - weight / (double)base < 1) {
        weight /= (double)base;
        a->digits++;
    }
    a->table = malloc(a->entries * sizeof *a->table);
    if (scramble) a->permuted = malloc(a->digits * base * sizeof *a->permuted);
    if (!a->table || (scramble && !a->permuted)) return RTK_ENOMEM;
    if (scramble) permute(a, seed);
    for (uint64_t i = 0; i < a->entries; i++)
        a->table[i] = radical(a, i, 0, a->low, 1 / (double)base);
    return RTK_OK;
}

rtk_status rtk_halton_new(rtk_halton **halton, const rtk_halton_options *o) {
    if (!o || o->size < sizeof *o || o->dimensions < 1 ||
        o->dimensions > RTK_HALTON_DIMENSIONS)
        return RTK_EINVAL;
    rtk_halton *h = calloc(1, sizeof *h);
    if (!h) return RTK_ENOMEM;
    h->axis = calloc(o->dimensions, sizeof *h->axis);
    rtk_status s = h->axis ? RTK_OK : RTK_ENOMEM;
    if (!s) h->dimensions = o->dimensions;
    uint64_t base = 1;
    for (size_t d = 0; !s && d < o->dimensions; d++) {
        do base++;
        while (!is_prime(base));
        s = make(&h->axis[d], base, o->scramble, rtk_random_bits(o->seed, d));
    }
    if (s)
        rtk_halton_free(h);
    else
        *halton = h;
    return s;
}

void rtk_halton_free(rtk_halton *halton) {
    if (!halton) return;
    for (size_t d = 0; d < halton->dimensions; d++) {
        free(halton->axis[d].table);
        free(halton->axis[d].permuted);
    }
    free(halton->axis);
    free(halton);
}

/* ---- Drawing ---------------------------------------------------------------
 */

typedef struct drawing {
    const rtk_halton *halton;
    uint64_t first;
    size_t n, each; /* points in all, and of a part */
    double *points;
} drawing;

/* Where an axis is: the place in its table, and what the digits above give. */
typedef struct place {
    uint64_t low, high;
    double above;
} place;

static double above(const axis *a, uint64_t high) {
    unsigned places = a->digits > a->low ? a->digits : 64;
    /* A plain index has no digits but its own. */
    return radical(a, high, a->low, places, a->step / (double)a->base);
}

static double next(const axis *a, place *p) {
    if (p->low == a->entries) {
        p->low = 0;
        p->above = above(a, ++p->high);
    }
    double value = a->table[p->low++] + p->above;
    /* Rounding may reach 1, the sequence does not. */
    return value < 1 ? value : 0x1.fffffffffffffp-1;
}

static rtk_status draw_part(void *arg, size_t part) {
    const drawing *job = arg;
    const rtk_halton *h = job->halton;
    size_t lo = part * job->each, left = job->n - lo;
    size_t hi = lo + (left < job->each ? left : job->each);
    place *at = malloc(h->dimensions * sizeof *at);
    if (!at) return RTK_ENOMEM;
    for (size_t d = 0; d < h->dimensions; d++) {
        const axis *a = &h->axis[d];
        uint64_t index = job->first + lo;
        at[d] = (place){.low = index % a->entries, .high = index / a->entries};
        at[d].above = above(a, at[d].high);
    }
    double *point = job->points + lo * h->dimensions;
    for (size_t i = lo; i < hi; i++)
        for (size_t d = 0; d < h->dimensions; d++)
            *point++ = next(&h->axis[d], &at[d]);
    free(at);
    return RTK_OK;
}

rtk_status rtk_halton_draw(const rtk_halton *halton, uint64_t first, size_t n,
                           double *points, int64_t workers,
                           unsigned *effective) {
    size_t bytes;
    uint64_t end;
    if (__builtin_add_overflow(first, n, &end) || (n && !points) ||
        __builtin_mul_overflow(n, halton->dimensions * sizeof *points, &bytes))
        return RTK_EINVAL;
    drawing job = {.halton = halton, .first = first, .n = n, .points = points};
    job.each = PART_NUMBERS / halton->dimensions + 1;
    rtk_loop loop = {.size = sizeof loop};
    size_t parts = n / job.each + (n % job.each != 0);
    rtk_status s =
        rtk_parallel_for(NULL, workers, parts, draw_part, &job, &loop);
    if (!s && effective) *effective = loop.effective;
    return s;
}
