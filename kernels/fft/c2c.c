/* An N-D transform is one pass per axis, last axis first, and a pass is lines
 * of one length. Lines of the last axis lie whole in memory. The others are
 * strided: a tile of neighbouring lines is gathered into scratch, where each is
 * contiguous, transformed there, and scattered back, so that every cache line
 * of the array is used whole.
 *
 * All lines of a length run the same FFTW plan, by new-array execute on memory
 * of the alignment that was planned for; an array that is aligned less goes
 * through scratch. So a line's bits depend on its numbers alone, and work may
 * be split anywhere: the passes over a small transform stay in one worker, for
 * the cache's sake, and workers share the batch; the lines of a large one are
 * shared pass by pass. */

#include "kernels/fft/c2c.h"

#include <fftw3.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/fft/tiles.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum {
    ALIGN = 64,
    PAD = 4,                /* elements; keeps lines apart in cache sets */
    PART_POINTS = 1 << 12,  /* least work of a part: some 10 us */
    SMALL_POINTS = 1 << 16, /* a transform up to this stays in one worker */
};

/* One FFTW plan; which member counts is the spec's type. */
typedef union line_plan {
    fftw_plan wide;
    fftwf_plan narrow;
} line_plan;

/* What differs between double and float. */
typedef struct precision {
    size_t bytes; /* of an element */
    bool (*make)(line_plan *plan, int n, int sign, void *a, void *b);
    void (*run)(line_plan plan, void *a, void *b);
    void (*destroy)(line_plan plan);
    int (*alignment)(const void *p); /* 0: as planned for */
    rtk_tile_move *gather, *scatter;
} precision;

struct rtk_fft_plan {
    rtk_fft_spec spec;
    const precision *kind;
    line_plan line[RTK_FFT_RANK_MAX]; /* of axis d; owned if fresh[d] */
    bool fresh[RTK_FFT_RANK_MAX];
    size_t points; /* of one transform */
};

/* Guards FFTW's planner, which has global state. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ---- Precisions -----------------------------------------------------------
 */

static bool make_wide(line_plan *plan, int n, int sign, void *a, void *b) {
    plan->wide = fftw_plan_dft_1d(n, a, b, sign, FFTW_ESTIMATE);
    return plan->wide != NULL;
}

static void run_wide(line_plan plan, void *a, void *b) {
    fftw_execute_dft(plan.wide, a, b);
}

static void destroy_wide(line_plan plan) {
    fftw_destroy_plan(plan.wide);
}

static int alignment_wide(const void *p) {
    return fftw_alignment_of((double *)(uintptr_t)p);
}

static bool make_narrow(line_plan *plan, int n, int sign, void *a, void *b) {
    plan->narrow = fftwf_plan_dft_1d(n, a, b, sign, FFTW_ESTIMATE);
    return plan->narrow != NULL;
}

static void run_narrow(line_plan plan, void *a, void *b) {
    fftwf_execute_dft(plan.narrow, a, b);
}

static void destroy_narrow(line_plan plan) {
    fftwf_destroy_plan(plan.narrow);
}

static int alignment_narrow(const void *p) {
    return fftwf_alignment_of((float *)(uintptr_t)p);
}

static const precision precisions[] = {
    [RTK_FFT_DOUBLE] = {16, make_wide, run_wide, destroy_wide, alignment_wide,
                        rtk_tile_gather16, rtk_tile_scatter16},
    [RTK_FFT_FLOAT] = {8, make_narrow, run_narrow, destroy_narrow,
                       alignment_narrow, rtk_tile_gather8, rtk_tile_scatter8},
};

/* ---- Planning -------------------------------------------------------------
 */

static void lock_planner(void) {
    if (!RTK_PLANT(fft_planner)) pthread_mutex_lock(&planner);
}

static void unlock_planner(void) {
    if (!RTK_PLANT(fft_planner)) pthread_mutex_unlock(&planner);
}

static void watch_forks(void) {
    /* Without memory for the handlers, only a fork while another thread plans
     * is undefined. */
    (void)!pthread_atfork(lock_planner, unlock_planner,
                          RTK_PLANT(fft_fork) ? NULL : unlock_planner);
}

/* An axis of one point is the identity: leave it out, but keep one axis. */
static void squeeze(rtk_fft_spec *s) {
    size_t rank = 0;
    for (size_t d = 0; d < s->rank; d++)
        if (s->n[d] > 1) s->n[rank++] = s->n[d];
    s->rank = rank ? rank : 1;
}

static bool make_line(rtk_fft_plan *p, size_t axis) {
    size_t n = p->spec.n[axis];
    for (size_t d = 0; d < axis; d++) {
        if (p->spec.n[d] != n) continue;
        p->line[axis] = p->line[d];
        return true;
    }
    size_t bytes = (n + PAD) * p->kind->bytes;
    void *a = fftw_malloc(bytes), *b = fftw_malloc(bytes);
    if (a && b)
        p->fresh[axis] =
            p->kind->make(&p->line[axis], (int)n, p->spec.sign, a, b);
    fftw_free(b);
    fftw_free(a);
    return p->fresh[axis];
}

static bool multiply(size_t *product, size_t by) {
    return !__builtin_mul_overflow(*product, by, product);
}

static bool is_valid(const rtk_fft_spec *s) {
    size_t bytes = 16;
    bool fine = s->rank >= 1 && s->rank <= RTK_FFT_RANK_MAX &&
                (s->type == RTK_FFT_DOUBLE || s->type == RTK_FFT_FLOAT) &&
                (s->sign == RTK_FFT_FORWARD || s->sign == RTK_FFT_BACKWARD);
    for (size_t d = 0; fine && d < s->rank; d++)
        fine = s->n[d] >= 1 && s->n[d] <= INT_MAX && multiply(&bytes, s->n[d]);
    return fine && s->batch >= 1 && multiply(&bytes, s->batch) &&
           bytes <= PTRDIFF_MAX;
}

rtk_status rtk_fft_plan_new(rtk_fft_plan **plan, const rtk_fft_spec *spec) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    if (!is_valid(spec)) return RTK_EINVAL;
    pthread_once(&watched, watch_forks);
    rtk_fft_plan *p = calloc(1, sizeof *p);
    if (!p) return RTK_ENOMEM;
    p->spec = *spec;
    p->kind = &precisions[spec->type];
    p->points = 1;
    squeeze(&p->spec);
    for (size_t d = 0; d < p->spec.rank; d++) p->points *= p->spec.n[d];

    bool made = true;
    lock_planner();
    for (size_t d = 0; made && d < p->spec.rank; d++) made = make_line(p, d);
    unlock_planner();
    if (!made) {
        rtk_fft_plan_free(p);
        return RTK_ENOMEM;
    }
    *plan = p;
    return RTK_OK;
}

void rtk_fft_plan_free(rtk_fft_plan *plan) {
    if (!plan) return;
    lock_planner();
    for (size_t d = 0; d < plan->spec.rank; d++)
        if (plan->fresh[d]) plan->kind->destroy(plan->line[d]);
    unlock_planner();
    free(plan);
}

/* ---- Passes ---------------------------------------------------------------
 */

/* One axis of the whole array, seen as outer x n x inner elements. A unit is a
 * line when inner is 1, else a tile of up to RTK_TILE lines. */
typedef struct pass {
    const rtk_fft_plan *plan;
    line_plan line;
    const char *in;
    char *out;
    size_t outer, n, inner;
    size_t tiles; /* of one outer */
    size_t units, units_per_part;
} pass;

/* Two lines, or two tiles, of scratch for one part. */
typedef struct scratch {
    char *a, *b;
    size_t pitch; /* elements from line to line */
} scratch;

/* Scratch that is never freed; NULL when it is too small. Planted. */
static char *everyones(size_t bytes) {
    static char room[1 << 24] __attribute__((aligned(ALIGN)));
    return bytes <= sizeof room ? room : NULL;
}

static bool scratch_init(scratch *s, const pass *p) {
    size_t lines = p->inner == 1 ? 1 : RTK_TILE;
    size_t mask = ALIGN / p->plan->kind->bytes - 1;
    s->pitch = ((p->n + mask) & ~mask) + mask + 1;
    size_t bytes = lines * s->pitch * p->plan->kind->bytes;
    s->a = RTK_PLANT(fft_scratch) ? everyones(2 * bytes)
                                  : aligned_alloc(ALIGN, 2 * bytes);
    s->b = s->a ? s->a + bytes : NULL;
    return s->a != NULL;
}

static void line(const pass *p, const scratch *s, size_t i) {
    const precision *kind = p->plan->kind;
    size_t bytes = p->n * kind->bytes;
    const char *in = p->in + i * bytes;
    char *out = p->out + i * bytes;
    /* An out-of-place transform does not write to its input. */
    void *from =
        !kind->alignment(in) && in != out ? (void *)(uintptr_t)in : s->a;
    void *to = !kind->alignment(out) ? out : s->b;
    if (from == s->a) memcpy(s->a, in, bytes);
    kind->run(p->line, from, to);
    if (to == s->b) memcpy(out, s->b, bytes);
}

static void tile(const pass *p, const scratch *s, size_t i) {
    const precision *kind = p->plan->kind;
    size_t first = i % p->tiles * RTK_TILE, left = p->inner - first;
    size_t at = (i / p->tiles * p->n * p->inner + first) * kind->bytes;
    rtk_tile t = {.n = p->n,
                  .stride = p->inner,
                  .pitch = s->pitch,
                  .columns = left < RTK_TILE ? left : RTK_TILE};
    size_t pitch_bytes = s->pitch * kind->bytes;
    kind->gather(&t, s->a, p->in + at);
    for (size_t c = 0; c < t.columns; c++)
        kind->run(p->line, s->a + c * pitch_bytes, s->b + c * pitch_bytes);
    kind->scatter(&t, p->out + at, s->b);
}

static rtk_status run_units(const pass *p, size_t lo, size_t hi) {
    scratch s;
    if (!scratch_init(&s, p)) return RTK_ENOMEM;
    void (*unit)(const pass *, const scratch *, size_t) =
        p->inner == 1 ? line : tile;
    if (RTK_PLANT(fft_overlap) && hi < p->units) hi++;
    for (size_t i = lo; i < hi; i++) unit(p, &s, i);
    if (!RTK_PLANT(fft_scratch)) free(s.a);
    return RTK_OK;
}

static rtk_status run_part(void *arg, size_t part) {
    const pass *p = arg;
    size_t lo = part * p->units_per_part, left = p->units - lo;
    size_t hi = lo + (left < p->units_per_part ? left : p->units_per_part);
    return run_units(p, lo, hi);
}

static size_t per_part(size_t points) {
    return points < PART_POINTS ? PART_POINTS / points : 1;
}

/* The pass over axis `d` of `batch` transforms. */
static pass pass_of(const rtk_fft_plan *plan, size_t d, size_t batch) {
    pass p = {.plan = plan,
              .line = plan->line[d],
              .n = plan->spec.n[d],
              .inner = 1,
              .outer = batch};
    for (size_t i = 0; i < d; i++) p.outer *= plan->spec.n[i];
    for (size_t i = d + 1; i < plan->spec.rank; i++) p.inner *= plan->spec.n[i];
    p.tiles = (p.inner + RTK_TILE - 1) / RTK_TILE;
    p.units = p.outer * p.tiles;
    p.units_per_part = per_part(p.n * (p.inner / p.tiles));
    return p;
}

/* ---- Splits ---------------------------------------------------------------
 */

/* A run as the parts of a batch see it. */
typedef struct batch_run {
    const rtk_fft_plan *plan;
    const char *in;
    char *out;
    size_t each; /* transforms of a part */
} batch_run;

/* All axes of transforms lo .. hi-1, in this thread. */
static rtk_status transform(const batch_run *r, size_t i) {
    const rtk_fft_plan *plan = r->plan;
    size_t at = i * plan->points * plan->kind->bytes;
    const char *in = r->in + at;
    rtk_status s = RTK_OK;
    for (size_t d = plan->spec.rank; !s && d-- > 0;) {
        pass p = pass_of(plan, d, 1);
        p.in = in;
        p.out = r->out + at;
        s = run_units(&p, 0, p.units);
        in = p.out;
    }
    return s;
}

static rtk_status run_transforms(void *arg, size_t part) {
    const batch_run *r = arg;
    size_t lo = part * r->each, left = r->plan->spec.batch - lo;
    size_t hi = lo + (left < r->each ? left : r->each);
    rtk_status s = RTK_OK;
    for (size_t i = lo; !s && i < hi; i++) s = transform(r, i);
    return s;
}

static rtk_status by_batch(const rtk_fft_plan *plan, const void *in, void *out,
                           int64_t workers, unsigned *effective) {
    batch_run r = {plan, in, out, per_part(plan->points)};
    size_t parts = (plan->spec.batch + r.each - 1) / r.each;
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s =
        rtk_parallel_for(NULL, workers, parts, run_transforms, &r, &loop);
    *effective = loop.effective;
    return s;
}

static rtk_status by_axis(const rtk_fft_plan *plan, const void *in, void *out,
                          int64_t workers, unsigned *effective) {
    rtk_status s = RTK_OK;
    for (size_t d = plan->spec.rank; !s && d-- > 0;) {
        pass p = pass_of(plan, d, plan->spec.batch);
        size_t parts = (p.units + p.units_per_part - 1) / p.units_per_part;
        rtk_loop loop = {.size = sizeof loop};
        p.in = in;
        p.out = out;
        s = rtk_parallel_for(NULL, workers, parts, run_part, &p, &loop);
        if (loop.effective > *effective) *effective = loop.effective;
        in = out;
    }
    return s;
}

rtk_status rtk_fft_run(const rtk_fft_plan *plan, const void *in, void *out,
                       int64_t workers, unsigned *effective) {
    unsigned most = 0;
    bool small = plan->points <= SMALL_POINTS;
    bool batched = plan->spec.rank > 1 && small && plan->spec.batch > 1;
    rtk_status s = batched ? by_batch(plan, in, out, workers, &most)
                           : by_axis(plan, in, out, workers, &most);
    if (effective && !s) *effective = most;
    return s;
}

const char *rtk_fft_library(void) {
    return fftw_version;
}
