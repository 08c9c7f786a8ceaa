/* How a line is made: by FFTW where its own way is good, by Bluestein for
 * lengths with a large prime factor, and cosine and sine lines from Fourier
 * lines of the cache. Every table is computed in long double, here and once. */

#include "kernels/fft/line.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/array/stream.h"
#include "kernels/fft/fft.h"
#include "kernels/fft/line_cache.h"
#include "kernels/fft/line_plan.h"
#include "kernels/fft/planner.h"

enum {
    /* Up to here FFTW's own ways for primes are as good. */
    FRIENDLY_PRIME = 100,
    /* A prime p is transformed by a cyclic convolution of p - 1 points: FFTW
     * does that well where p - 1 has only such factors, */
    SMOOTH = 5,
    /* from this prime on. */
    SMOOTH_PRIME = 256
};

static const rtk_line_ways *ways_of(rtk_number real) {
    static const rtk_line_ways *const ways[2][3] = {
        {[RTK_FLOAT] = &rtk_line_ways_float,
         [RTK_DOUBLE] = &rtk_line_ways_double,
         [RTK_LONG_DOUBLE] = &rtk_line_ways_long_double},
        {[RTK_FLOAT] = &rtk_line_ways_float_avx2,
         [RTK_DOUBLE] = &rtk_line_ways_double_avx2,
         [RTK_LONG_DOUBLE] = &rtk_line_ways_long_double}};
    return ways[!RTK_PLAIN_ONLY && __builtin_cpu_supports("avx2")][real];
}

static size_t aligned(size_t bytes) {
    return (bytes + RTK_LINE_ALIGN - 1) / RTK_LINE_ALIGN * RTK_LINE_ALIGN;
}

static void *room(size_t bytes) {
    return aligned_alloc(RTK_LINE_ALIGN, aligned(bytes ? bytes : 1));
}

/* ---- Lengths ---------------------------------------------------------------
 */

static size_t largest_factor(size_t n) {
    size_t largest = 1;
    for (size_t p = 2; p * p <= n; p += p == 2 ? 1 : 2)
        while (n % p == 0) {
            largest = p;
            n /= p;
        }
    return n > 1 ? n : largest;
}

/* As measured, over some 70 lengths from 101 to 65537. Primes alone: of a
 * length with other factors FFTW makes lines of each, which is better than
 * Bluestein over all. */
static bool wants_bluestein(const rtk_line_spec *s) {
    size_t p = largest_factor(s->n);
    if (p <= FRIENDLY_PRIME || p != s->n) return false;
    return p < SMOOTH_PRIME || largest_factor(p - 1) > SMOOTH;
}

/* Whether a step makes more of a length than FFTW's own way, as measured with
 * 2^a times odd numbers: FFTW is fast where all it needs is in the first level
 * cache; and its real lines have no vectors. */
static bool wants_step(const rtk_line_spec *s) {
    bool narrow = s->real == RTK_FLOAT;
    size_t two = s->n & -s->n, odd = s->n / two;
    if (s->real == RTK_LONG_DOUBLE) return false;
    if (s->kind > RTK_LINE_BACKWARD) {
        bool small = odd == 1 || odd == 5 || odd == 7 || odd == 15;
        return s->n >= 48 && two >= 16 && (small || (odd == 3 && narrow));
    }
    if (odd == 1) return s->n >= 1 << 12;
    return narrow ? two >= 1 << 11 && s->n >= 1 << 14 : two >= 1 << 10;
}

size_t rtk_fft_fast_length(size_t least) {
    static const size_t odd[] = {1, 3, 5, 9, 15};
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t length = odd[i];
        while (length < least) length *= 2;
        if (length < best) best = length;
    }
    return best;
}

static double work(size_t n, double each) {
    return each * (double)n * log2((double)n + 1);
}

/* ---- Fourier lines ---------------------------------------------------------
 */

/* FFTW ends the process when its planner gets no memory. Of what it takes, all
 * but a little is roots of unity and tables of indices, less than six lines of
 * complex numbers: find out whether there is so much. */
static bool has_memory(const rtk_line *l) {
    void *tables = malloc(12 * l->spec.n * ways_of(l->spec.real)->real_bytes);
    free(tables);
    return tables != NULL;
}

static rtk_status plan_fftw(rtk_line *l, rtk_line_plan *p) {
    const rtk_line_ways *ways = ways_of(l->spec.real);
    void *in = room(l->in_bytes), *out = room(l->out_bytes);
    if (in && out && has_memory(l)) {
        /* Planning that measures must meet no NaN, which may be slow. */
        memset(in, 0, l->in_bytes);
        bool measures = l->spec.effort != RTK_FFT_ESTIMATE;
        rtk_planner_lock();
        if (measures) rtk_wisdom_take_out(l->spec.real);
        p->fftw =
            ways->plan(l->spec.kind, (int)l->spec.n, l->spec.effort, in, out);
        if (measures) rtk_wisdom_put_away(l->spec.real);
        rtk_planner_unlock();
    }
    free(out);
    free(in);
    l->run = ways->fftw[l->spec.kind];
    l->table_bytes = l->in_bytes + l->out_bytes;
    return p->fftw ? RTK_OK : RTK_ENOMEM;
}

static rtk_status inner_line(const rtk_line **inner, const rtk_line *l,
                             rtk_line_kind kind, size_t n) {
    rtk_line_spec spec = {
        .kind = kind, .real = l->spec.real, .n = n, .effort = l->spec.effort};
    return rtk_line_get(inner, &spec);
}

/* Room for what an inner line reads, writes and needs. */
static size_t rooms(const rtk_line *inner) {
    return aligned(inner->in_bytes) + aligned(inner->out_bytes) +
           inner->scratch_bytes;
}

/* A line of n numbers from four of n / 4, or a real one from a complex one of
 * n / 2. */
static rtk_status plan_step(rtk_line *l, rtk_line_plan *p) {
    const rtk_line_ways *ways = ways_of(l->spec.real);
    rtk_line_kind kind = l->spec.kind;
    size_t n = l->spec.n, pair = 2 * ways->real_bytes;
    bool real = kind == RTK_LINE_R2C || kind == RTK_LINE_C2R;
    bool back = kind == RTK_LINE_BACKWARD || kind == RTK_LINE_C2R;
    size_t m = real ? n / 2 : n / 4, roots = real ? (m + 1) / 2 : 3 * m;
    rtk_status s = inner_line(&p->inner, l,
                              back ? RTK_LINE_BACKWARD : RTK_LINE_FORWARD, m);
    if (s) return s;
    l->table_bytes = roots * pair;
    p->table = room(l->table_bytes);
    if (!p->table) return RTK_ENOMEM;
    if (real)
        ways->roots(p->table, roots, back ? 4 * n - 4 : 4, back ? 3 * n : n,
                    2 * n);
    for (size_t power = 1; !real && power < 4; power++)
        ways->roots((char *)p->table + (power - 1) * m * pair, m,
                    back ? 2 * n - 2 * power : 2 * power, 0, n);
    l->scratch_bytes = p->inner->scratch_bytes;
    if (!real) l->scratch_bytes += aligned(4 * m * pair);
    if (kind == RTK_LINE_C2R) l->scratch_bytes += aligned(m * pair);
    l->run = ways->step[kind];
    l->keeps_input = true;
    /* A half writes where its inner line does, and reads. */
    l->reads_once = kind != RTK_LINE_R2C || p->inner->reads_once;
    l->writes_once = kind == RTK_LINE_C2R && p->inner->writes_once;
    return RTK_OK;
}

static rtk_status plan_bluestein(rtk_line *l, rtk_line_plan *p) {
    const rtk_line_ways *ways = ways_of(l->spec.real);
    size_t n = l->spec.n, pair = 2 * ways->real_bytes;
    p->length = rtk_fft_fast_length(2 * n - 1);
    rtk_status s = inner_line(&p->inner, l, RTK_LINE_FORWARD, p->length);
    if (!s) s = inner_line(&p->back, l, RTK_LINE_BACKWARD, p->length);
    if (s) return s;
    bool backward =
        l->spec.kind == RTK_LINE_BACKWARD || l->spec.kind == RTK_LINE_C2R;
    size_t back = rooms(p->back);
    l->scratch_bytes = rooms(p->inner);
    if (back > l->scratch_bytes) l->scratch_bytes = back;
    p->table = room(n * pair);
    p->kernel = room(p->length * pair);
    void *scratch = room(l->scratch_bytes);
    if (p->table && p->kernel && scratch) {
        ways->chirp(p->table, n, backward ? 1 : -1);
        ways->kernel(p, n, scratch);
    } else {
        s = RTK_ENOMEM;
    }
    free(scratch);
    l->run = ways->bluestein[l->spec.kind];
    l->reads_once = l->writes_once = true;
    l->table_bytes = (n + p->length) * pair;
    l->keeps_input = true;
    l->flops = 2 * p->inner->flops + 14 * (double)p->length;
    return s;
}

/* ---- Cosine and sine lines -------------------------------------------------
 */

/* What a cosine line of length n is made from, and its table of
 * exp(-i pi (step k + shift) / turn). */
typedef struct recipe {
    rtk_line_kind kind;
    size_t n, count, step, shift, turn;
} recipe;

static recipe recipe_for(const rtk_line_spec *spec) {
    size_t n = spec->n;
    switch (spec->kind) {
    case RTK_LINE_DCT1: return (recipe){.kind = RTK_LINE_R2C, .n = 2 * (n - 1)};
    case RTK_LINE_DST1: return (recipe){.kind = RTK_LINE_R2C, .n = 2 * (n + 1)};
    case RTK_LINE_DCT2:
    case RTK_LINE_DST2:
        return (recipe){RTK_LINE_R2C, n, n / 2 + 1, 1, 0, 2 * n};
    case RTK_LINE_DCT3:
    case RTK_LINE_DST3:
        return (recipe){RTK_LINE_C2R, n, n / 2 + 1, 1, 0, 2 * n};
    default: break;
    }
    if (n % 2) return (recipe){.kind = RTK_LINE_R2C, .n = n};
    return (recipe){RTK_LINE_FORWARD, n / 2, n / 2, 8, 1, 8 * n};
}

/* Where the cosine of m, of n, goes that stands for 2 j + 1 = m: cosines are
 * even, and change their sign at half their period of 8 n. Twice j, plus 1 for
 * a changed sign. */
static uint32_t folded(size_t m, size_t n) {
    uint32_t sign = 0;
    if (m > 4 * n) m = 8 * n - m;
    if (m > 2 * n) {
        m = 4 * n - m;
        sign = 1;
    }
    return (uint32_t)(m - 1) | sign;
}

/* Type IV of an odd length n. The angle is that of (2 j + 1) (2 k + 1) in 8 n
 * parts of a turn. Of the four odd numbers that 2 j + 1 may stand for, up to
 * the sign, one is 1 in eighths, and so for 2 k + 1: then, by the Chinese
 * remainder theorem, the angle is n eighths and a product of an index of j and
 * one of k in n parts, which is a Fourier transform. The table: for each index
 * of j, then of k, which it is. */
static rtk_status fold(rtk_line *l, rtk_line_plan *p) {
    size_t n = l->spec.n, eighth = 0; /* 8 eighth = 1 in parts of n */
    bool sine = l->spec.kind == RTK_LINE_DST4;
    uint32_t *from = room(2 * n * sizeof *from);
    if (!from) return RTK_ENOMEM;
    uint32_t *to = from + n;
    while (8 * eighth % n != 1 % n) eighth++;
    for (size_t t = 0; t < n; t++) {
        uint32_t at = folded(1 + 8 * t, n), j = at >> 1, flip = at & 1;
        /* A sine transform: the input reversed, every other sign changed. */
        from[(1 + 8 * t) % n] = (uint32_t)(sine ? n - 1 - j : j) << 1 | flip;
        to[(eighth + t) % n] = j << 1 | (flip ^ (sine & j & 1));
    }
    p->table = from;
    l->table_bytes = 2 * n * sizeof *from;
    return RTK_OK;
}

static rtk_status plan_cosine(rtk_line *l, rtk_line_plan *p) {
    const rtk_line_ways *ways = ways_of(l->spec.real);
    recipe r = recipe_for(&l->spec);
    rtk_status s = inner_line(&p->inner, l, r.kind, r.n);
    if (s) return s;
    l->scratch_bytes = rooms(p->inner);
    l->keeps_input = true;
    l->run = ways->cosine[l->spec.kind];
    l->reads_once = l->writes_once = true;
    l->flops = p->inner->flops + 8 * (double)l->spec.n;
    bool fourth =
        l->spec.kind == RTK_LINE_DCT4 || l->spec.kind == RTK_LINE_DST4;
    if (fourth && l->spec.n % 2) return fold(l, p);
    if (!r.count) return RTK_OK;
    l->table_bytes = r.count * 2 * ways->real_bytes;
    p->table = room(l->table_bytes);
    if (!p->table) return RTK_ENOMEM;
    ways->roots(p->table, r.count, r.step, r.shift, r.turn);
    return RTK_OK;
}

/* ---- All kinds -------------------------------------------------------------
 */

static bool is_valid(const rtk_line_spec *s) {
    return (unsigned)s->kind < RTK_LINE_KINDS &&
           (unsigned)s->real <= RTK_LONG_DOUBLE &&
           (unsigned)s->effort <= RTK_FFT_PATIENT && s->n >= 1 &&
           !(s->kind == RTK_LINE_DCT1 && s->n < 2);
}

static void sizes(rtk_line *l) {
    size_t real = ways_of(l->spec.real)->real_bytes, n = l->spec.n;
    size_t line = n * real, half = 2 * (n / 2 + 1) * real;
    bool complex = l->spec.kind <= RTK_LINE_BACKWARD;
    l->in_bytes = l->out_bytes = complex ? 2 * line : line;
    if (l->spec.kind == RTK_LINE_R2C) l->out_bytes = half;
    if (l->spec.kind == RTK_LINE_C2R) l->in_bytes = half;
    l->keeps_input = l->spec.kind != RTK_LINE_C2R;
    l->flops = work(n, complex ? 5 : 2.5);
}

rtk_status rtk_line_make(rtk_line *line, const rtk_line_spec *spec) {
    if (!is_valid(spec)) return RTK_EINVAL;
    if (spec->n > RTK_LINE_MOST) return RTK_EUNSUPPORTED;
    rtk_line made = {.spec = *spec};
    rtk_line_plan *p = calloc(1, sizeof *p);
    if (!p) return RTK_ENOMEM;
    made.plan = p;
    sizes(&made);
    rtk_status s = spec->kind > RTK_LINE_C2R ? plan_cosine(&made, p)
                   : wants_step(spec)        ? plan_step(&made, p)
                   : wants_bluestein(spec)   ? plan_bluestein(&made, p)
                                             : plan_fftw(&made, p);
    made.scratch_bytes = aligned(made.scratch_bytes);
    if (s)
        rtk_line_release(&made);
    else
        *line = made;
    return s;
}

void rtk_line_release(rtk_line *line) {
    /* Made by rtk_line_make(), which alone could write to it. */
    rtk_line_plan *p = (rtk_line_plan *)(uintptr_t)line->plan;
    if (p->fftw) {
        rtk_planner_lock();
        ways_of(line->spec.real)->destroy(p->fftw);
        rtk_planner_unlock();
    }
    rtk_line_put(p->inner);
    rtk_line_put(p->back);
    free(p->table);
    free(p->kernel);
    free(p);
}
