/* Point k is the exclusive or of the direction numbers of the bits of k's Gray
 * code. So a block of points begins anywhere, and goes on with one direction
 * number for each point: that of the lowest bit of k that is zero.
 *
 * Numbers of up to MANTISSA bits stand where a double between 1 and 2 has its
 * mantissa: or with the bits of 1, minus 1, is the coordinate.
 *
 * The direction numbers of one bit lie side by side for all dimensions. */

#include "kernels/stats/sobol.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/array/stream.h"
#include "kernels/stats/counter_random.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum {
    DEGREE_MOST = 18,
    BITS_DEFAULT = 30,
    MANTISSA = 52, /* of a double, without the first bit */
    PRECISION = 53,
    GROUP = 8,               /* dimensions side by side */
    BLOCK_NUMBERS = 1 << 11, /* that are put together in the cache, */
    BLOCK_POINTS = 16,       /* but so many points */
    STREAM_BYTES = 6 << 20,  /* results better written past the caches */
    PART_NUMBERS = 1 << 14   /* coordinates of a part: some 20 us */
};

struct rtk_sobol {
    size_t dimensions;
    unsigned bits;
    unsigned left;       /* how far all numbers are shifted to the left */
    uint64_t *shift;     /* a number for each dimension */
    uint64_t *direction; /* [bit][dimension], the lowest bit of k first; and
                            one row of zeros */
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
    for (size_t d = 0; d < s->dimensions; d++) s->shift[d] <<= s->left;
    for (size_t i = 0; i < s->dimensions * s->bits; i++)
        s->direction[i] <<= s->left;
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
    s->direction = calloc(s->dimensions * (s->bits + 1), sizeof *s->direction);
    s->left = s->bits < MANTISSA ? MANTISSA - s->bits : 0;
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
    size_t n, each, block; /* points: in all, of a part, in a block */
    double *points;
    bool stream;
} drawing;

static inline double coordinate(uint64_t x) {
    const double one = 1;
    double value;
    uint64_t bits;
    memcpy(&bits, &one, sizeof bits);
    bits |= x;
    memcpy(&value, &bits, sizeof value);
    return value - 1;
}

/* The lowest bit of k that is zero: of the direction number that leads to the
 * next point. Behind the last point there is one of zeros. */
static size_t turn(uint64_t k) {
    return k == UINT64_MAX ? 64 : (size_t)__builtin_ctzll(~k);
}

/* `count` points from point k on, of dimensions d .. d+g-1; x is the first of
 * them, and then the next. All sizes but count are known when this is compiled,
 * so that numbers stay in registers. */
static inline __attribute__((always_inline)) void
columns(const rtk_sobol *s, uint64_t k, size_t count, uint64_t *x,
        double *points, size_t d, size_t g, bool fits) {
    unsigned cut = s->bits > PRECISION ? s->bits - PRECISION : 0;
    double unit = 1 / (double)(UINT64_C(1) << (s->bits - cut - 1)) / 2;
    uint64_t own[GROUP];
    for (size_t j = 0; j < g; j++) own[j] = x[d + j];
    for (size_t i = 0; i < count; i++, points += s->dimensions) {
        const uint64_t *v = s->direction + turn(k + i) * s->dimensions + d;
        for (size_t j = 0; j < g; j++)
            points[d + j] = fits ? coordinate(own[j])
                                 : (double)(int64_t)(own[j] >> cut) * unit;
        for (size_t j = 0; j < g; j++) own[j] ^= v[j];
    }
    for (size_t j = 0; j < g; j++) x[d + j] = own[j];
}

static void write_points(const rtk_sobol *s, uint64_t k, size_t count,
                         uint64_t *x, double *points) {
    size_t d = 0, all = s->dimensions;
    if (s->bits > MANTISSA) {
        for (; d < all; d++) columns(s, k, count, x, points, d, 1, false);
        return;
    }
    for (; d + GROUP <= all; d += GROUP)
        columns(s, k, count, x, points, d, GROUP, true);
    for (; d + 2 <= all; d += 2) columns(s, k, count, x, points, d, 2, true);
    for (; d < all; d++) columns(s, k, count, x, points, d, 1, true);
}

static void begin(const rtk_sobol *s, uint64_t k, uint64_t *x) {
    memcpy(x, s->shift, s->dimensions * sizeof *x);
    for (uint64_t gray = k ^ k >> 1; gray; gray &= gray - 1) {
        const uint64_t *v =
            s->direction + (size_t)__builtin_ctzll(gray) * s->dimensions;
        for (size_t d = 0; d < s->dimensions; d++) x[d] ^= v[d];
    }
}

/* Points lo .. hi-1 of the drawing. */
static void draw_points(const drawing *job, size_t lo, size_t hi, uint64_t *x,
                        double *block) {
    const rtk_sobol *s = job->sobol;
    size_t row = s->dimensions;
    begin(s, job->first + lo, x);
    for (size_t i = lo, count; i < hi; i += count) {
        count = hi - i < job->block ? hi - i : job->block;
        double *to = job->points + i * row, *at = job->stream ? block : to;
        write_points(s, job->first + i, count, x, at);
        if (job->stream) rtk_stream_copy(to, block, count * row * sizeof *to);
    }
    if (job->stream) rtk_stream_settle();
}

static rtk_status draw_part(void *arg, size_t part) {
    const drawing *job = arg;
    size_t row = job->sobol->dimensions;
    size_t lo = part * job->each, left = job->n - lo;
    size_t hi = lo + (left < job->each ? left : job->each);
    static uint64_t everyones[RTK_SOBOL_DIMENSIONS]; /* planted */
    uint64_t *x = malloc((job->block + 1) * row * sizeof *x);
    if (!x) return RTK_ENOMEM;
    draw_points(job, lo, hi, RTK_PLANT(qmc_state) ? everyones : x,
                (double *)(void *)(x + row));
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
    size_t bytes;
    if (!there(sobol, first, n) || (n && !points) ||
        __builtin_mul_overflow(n, sobol->dimensions * sizeof *points, &bytes))
        return RTK_EINVAL;
    drawing job = {.sobol = sobol, .first = first, .n = n, .points = points};
    job.each = PART_NUMBERS / sobol->dimensions + 1;
    job.block = BLOCK_NUMBERS / sobol->dimensions + BLOCK_POINTS;
    if (job.block > job.each) job.block = job.each;
    job.stream = bytes > STREAM_BYTES;
    rtk_loop loop = {.size = sizeof loop};
    size_t parts = n / job.each + (n % job.each != 0);
    rtk_status s =
        rtk_parallel_for(NULL, workers, parts, draw_part, &job, &loop);
    if (!s && effective) *effective = loop.effective;
    return s;
}
