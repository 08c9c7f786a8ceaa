/* Point k is the exclusive or of the direction numbers of the bits of k's Gray
 * code. So a block of points begins anywhere, and goes on with one direction
 * number for each point: that of the lowest bit of k that is zero.
 *
 * The direction numbers of one bit lie side by side for all dimensions. */

#include "kernels/stats/sobol.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/counter_random.h"
#include "kernels/workers/workers.h"

enum {
    DEGREE_MOST = 18,
    BITS_DEFAULT = 30,
    MANTISSA = 53,
    PART_NUMBERS = 1 << 14 /* coordinates of a part: some 20 us */
};

struct rtk_sobol {
    size_t dimensions;
    unsigned bits;
    uint64_t *shift;     /* a number for each dimension */
    uint64_t *direction; /* [bit][dimension], the lowest bit of k first */
};

/* ---- The table -------------------------------------------------------------
 */

/* kernels/stats/sobol_directions.bin: see sobol_pack.py. */
__asm__(".section .rodata\n"
        ".local rtk_sobol_table\n"
        "rtk_sobol_table:\n"
        ".incbin \"kernels/stats/sobol_directions.bin\"\n"
        ".previous\n");
extern const unsigned char rtk_sobol_table[];

/* A place in the table. */
typedef struct reader {
    size_t bit;
} reader;

static unsigned take(reader *r, unsigned width) {
    unsigned value = 0;
    for (unsigned i = 0; i < width; i++, r->bit++)
        value =
            value << 1 | (rtk_sobol_table[r->bit / 8] >> (7 - r->bit % 8) & 1U);
    return value;
}

/* The direction numbers of the next dimension of the table, m_j < 2^(j+1). */
static void read_dimension(reader *r, uint64_t *m, unsigned bits) {
    unsigned degree = take(r, 5);
    unsigned inner = take(r, degree ? degree - 1 : 0);
    uint64_t first[DEGREE_MOST + 1];
    for (unsigned i = 0; i < degree; i++) first[i] = take(r, i) * 2 + 1;
    for (unsigned j = 0; j < bits; j++) {
        if (!degree || j < degree) {
            /* The first dimension has no polynomial: van der Corput. */
            m[j] = degree ? first[j] : 1;
            continue;
        }
        uint64_t next = m[j - degree] ^ m[j - degree] << degree;
        for (unsigned k = 1; k < degree; k++)
            if (inner >> (degree - 1 - k) & 1U) next ^= m[j - k] << k;
        m[j] = next;
    }
}

/* ---- Scrambling ------------------------------------------------------------
 */

static uint64_t low(unsigned bits) {
    return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* Each digit becomes the sum of itself and of random ones of those before it,
 * the same for all direction numbers of a dimension. */
static void scramble(rtk_sobol *s, size_t dimension, uint64_t seed) {
    uint64_t own = rtk_random_bits(seed, dimension);
    uint64_t row[RTK_SOBOL_BITS];
    for (unsigned digit = 0; digit < s->bits; digit++) {
        uint64_t self = UINT64_C(1) << digit;
        row[digit] = (rtk_random_bits(own, digit) & low(s->bits) &
                      ~(self | (self - 1))) |
                     self;
    }
    for (unsigned bit = 0; bit < s->bits; bit++) {
        uint64_t *v = &s->direction[bit * s->dimensions + dimension];
        uint64_t mixed = 0;
        for (unsigned digit = 0; digit < s->bits; digit++)
            mixed |= (uint64_t)__builtin_parityll(*v & row[digit]) << digit;
        *v = mixed;
    }
    s->shift[dimension] = rtk_random_bits(own, RTK_SOBOL_BITS) & low(s->bits);
}

/* ---- Making ----------------------------------------------------------------
 */

static void fill(rtk_sobol *s, const rtk_sobol_options *o) {
    reader r = {0};
    uint64_t m[RTK_SOBOL_BITS] = {0};
    for (size_t d = 0; d < s->dimensions; d++) {
        read_dimension(&r, m, s->bits);
        for (unsigned j = 0; j < s->bits; j++)
            s->direction[j * s->dimensions + d] = m[j] << (s->bits - 1 - j);
        if (o->scramble) scramble(s, d, o->seed);
    }
}

rtk_status rtk_sobol_new(rtk_sobol **sobol, const rtk_sobol_options *o) {
    if (!o || o->size < sizeof *o || o->dimensions < 1 ||
        o->dimensions > RTK_SOBOL_DIMENSIONS || o->bits > RTK_SOBOL_BITS)
        return RTK_EINVAL;
    rtk_sobol *s = calloc(1, sizeof *s);
    if (!s) return RTK_ENOMEM;
    s->dimensions = o->dimensions;
    s->bits = o->bits ? o->bits : BITS_DEFAULT;
    s->shift = calloc(s->dimensions, sizeof *s->shift);
    s->direction = calloc(s->dimensions * s->bits, sizeof *s->direction);
    if (!s->shift || !s->direction) {
        rtk_sobol_free(s);
        return RTK_ENOMEM;
    }
    fill(s, o);
    *sobol = s;
    return RTK_OK;
}

void rtk_sobol_free(rtk_sobol *sobol) {
    if (!sobol) return;
    free(sobol->shift);
    free(sobol->direction);
    free(sobol);
}

/* ---- Drawing ---------------------------------------------------------------
 */

typedef struct drawing {
    const rtk_sobol *sobol;
    uint64_t first;
    size_t n, each; /* points in all, and of a part */
    double *points;
} drawing;

/* Numbers of at most 53 bits, times 2^-bits. */
static void write_point(const rtk_sobol *s, const uint64_t *x, double *point) {
    unsigned cut = s->bits > MANTISSA ? s->bits - MANTISSA : 0;
    double unit = 1 / (double)(UINT64_C(1) << (s->bits - cut - 1)) / 2;
    for (size_t d = 0; d < s->dimensions; d++)
        point[d] = (double)(int64_t)(x[d] >> cut) * unit;
}

static void begin(const rtk_sobol *s, uint64_t k, uint64_t *x) {
    memcpy(x, s->shift, s->dimensions * sizeof *x);
    for (uint64_t gray = k ^ k >> 1; gray; gray &= gray - 1) {
        const uint64_t *v =
            s->direction + (size_t)__builtin_ctzll(gray) * s->dimensions;
        for (size_t d = 0; d < s->dimensions; d++) x[d] ^= v[d];
    }
}

static rtk_status draw_part(void *arg, size_t part) {
    const drawing *job = arg;
    const rtk_sobol *s = job->sobol;
    size_t lo = part * job->each, left = job->n - lo;
    size_t hi = lo + (left < job->each ? left : job->each);
    uint64_t *x = malloc(s->dimensions * sizeof *x);
    if (!x) return RTK_ENOMEM;
    begin(s, job->first + lo, x);
    for (size_t i = lo; i < hi; i++) {
        write_point(s, x, job->points + i * s->dimensions);
        if (i + 1 == hi) break;
        size_t bit = (size_t)__builtin_ctzll(~(job->first + i));
        const uint64_t *v = s->direction + bit * s->dimensions;
        for (size_t d = 0; d < s->dimensions; d++) x[d] ^= v[d];
    }
    free(x);
    return RTK_OK;
}

/* Whether points first .. first+n-1 are among the 2^bits. */
static bool there(const rtk_sobol *s, uint64_t first, size_t n) {
    uint64_t last = low(s->bits);
    return n == 0 || (first <= last && (uint64_t)n - 1 <= last - first);
}

rtk_status rtk_sobol_draw(const rtk_sobol *sobol, uint64_t first, size_t n,
                          double *points, int64_t workers,
                          unsigned *effective) {
    size_t numbers;
    if (!there(sobol, first, n) || (n && !points) ||
        __builtin_mul_overflow(n, sobol->dimensions * sizeof *points, &numbers))
        return RTK_EINVAL;
    drawing job = {.sobol = sobol, .first = first, .n = n, .points = points};
    job.each = PART_NUMBERS / sobol->dimensions + 1;
    rtk_loop loop = {.size = sizeof loop};
    size_t parts = n / job.each + (n % job.each != 0);
    rtk_status s =
        rtk_parallel_for(NULL, workers, parts, draw_part, &job, &loop);
    if (!s && effective) *effective = loop.effective;
    return s;
}
