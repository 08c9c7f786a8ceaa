/* Lines of an axis whose elements lie side by side run straight from one array
 * to the other where they can. All others go through scratch: a tile of
 * neighbouring lines is gathered, so that every cache line of the array is used
 * whole, each line is transformed there, and the tile scattered back; results
 * too large to stay in the caches are written past them. A line's bits depend
 * on its numbers alone, whatever way it takes. */

#include "kernels/fft/pass.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum {
    TILE_BYTES = 1 << 19, /* of scratch, or fewer columns */
    COLUMNS_LEAST = 4,
    FETCH_BYTES = 1 << 20,  /* results that no second level cache holds */
    STREAM_BYTES = 6 << 20, /* results that are better not fetched first */
    PUSH_BYTES = 1 << 19,   /* so, if their rows push each other out of it */
    PUSHING_STEP = 1 << 12, /* as rows so far apart do */
    FAR_BYTES = 24 << 20    /* what nobody finds in a cache any more */
};

/* ---- Description -----------------------------------------------------------
 */

static size_t size_of(ptrdiff_t stride) {
    return stride < 0 ? (size_t)-stride : (size_t)stride;
}

/* Add a walk behind those there are; one that continues the last makes it
 * longer. */
static void push(rtk_pass *p, rtk_walk w) {
    rtk_walk *last = p->loops ? &p->loop[p->loops - 1] : NULL;
    if (w.n == 1) return;
    if (last && last->from == w.from * (ptrdiff_t)w.n &&
        last->to == w.to * (ptrdiff_t)w.n) {
        last->n *= w.n;
        last->from = w.from;
        last->to = w.to;
        return;
    }
    p->loop[p->loops++] = w;
}

static rtk_walk walk(const rtk_array *from, const rtk_array *to, size_t d) {
    return (rtk_walk){to->shape[d], from->stride[d], to->stride[d]};
}

/* The axis along which lines are neighbours: that of the least stride. */
static size_t neighbours(const rtk_pass *p, const rtk_array *from,
                         const rtk_array *to) {
    size_t best = from->rank;
    for (size_t d = 0; d < from->rank; d++) {
        if (d == p->asked.axis || to->shape[d] == 1) continue;
        if (best == from->rank ||
            size_of(to->stride[d]) + size_of(from->stride[d]) <
                size_of(to->stride[best]) + size_of(from->stride[best]))
            best = d;
    }
    return best;
}

static size_t pitch(size_t bytes) {
    size_t a = RTK_LINE_ALIGN;
    /* One more cache line keeps lines apart in the sets of the cache. */
    return (bytes + a - 1) / a * a + a;
}

/* Lines that fit, but whole cache lines of them. */
static size_t fitting(size_t each, size_t element) {
    size_t least = element < RTK_LINE_ALIGN ? RTK_LINE_ALIGN / element : 1;
    size_t columns = TILE_BYTES / each;
    if (columns > RTK_TILE) columns = RTK_TILE;
    if (columns > least) columns -= columns % least;
    return columns < COLUMNS_LEAST ? COLUMNS_LEAST : columns;
}

/* Lines lie one behind the other, and one more place before them: a line's
 * result goes to the place of the line before it. */
static void lay_out(rtk_pass *p) {
    const rtk_line *l = p->asked.line;
    p->pitch = pitch(l->in_bytes > l->out_bytes ? l->in_bytes : l->out_bytes);
    p->raw_pitch = p->widen ? pitch(p->want * p->in_bytes) : 0;
    p->columns = 1;
    if (!p->whole) p->columns = fitting(p->pitch + p->raw_pitch, p->out_bytes);
    if (p->columns > p->across.n) p->columns = p->across.n;
    p->scratch_bytes =
        p->columns * (p->pitch + p->raw_pitch) + p->pitch + l->scratch_bytes;
}

/* Columns between the begin of a cache line and the array's. */
static size_t shift(const rtk_pass *p, const rtk_array *to) {
    size_t off = (uintptr_t)to->data % RTK_LINE_ALIGN;
    bool helps = p->columns * p->out_bytes % RTK_LINE_ALIGN == 0 &&
                 p->across.n > p->columns && off % p->out_bytes == 0 &&
                 p->across.to == (ptrdiff_t)p->out_bytes;
    return helps ? off / p->out_bytes : 0;
}

static bool goes_past(const rtk_pass_flow *flow, ptrdiff_t step) {
    size_t least = FAR_BYTES;
    if (flow->last && !flow->same)
        least = step % PUSHING_STEP == 0 ? PUSH_BYTES : STREAM_BYTES;
    return flow->written > least;
}

rtk_pass rtk_pass_make(const rtk_fft_pass *asked, const rtk_array *from,
                       const rtk_array *to, long double scale,
                       const rtk_pass_flow *flow) {
    const rtk_line *l = asked->line;
    size_t axis = asked->axis;
    bool complex_in =
        l->spec.kind <= RTK_LINE_BACKWARD || l->spec.kind == RTK_LINE_C2R;
    rtk_pass p = {
        .asked = *asked,
        .along = {0, from->stride[axis], to->stride[axis]},
        .across = {1, 0, 0},
        .have = from->shape[axis],
        .give = to->shape[axis],
        .in_bytes = rtk_number_bytes(from->number),
        .out_bytes = rtk_number_bytes(to->number),
        .scale = scale,
        .real = l->spec.real,
        .widen = complex_in && !rtk_number_is_complex(from->number),
        .fetch = flow->read > FETCH_BYTES,
        .stream = goes_past(flow, to->stride[axis]),
        .same = flow->same,
    };
    p.line_bytes = p.widen ? 2 * p.in_bytes : p.in_bytes;
    p.want = l->in_bytes / p.line_bytes;
    if (p.have > p.want) p.have = p.want;
    p.in_moves = rtk_tile_moves_for(p.in_bytes);
    p.out_moves = rtk_tile_moves_for(p.out_bytes);
    p.whole = p.along.from == (ptrdiff_t)p.in_bytes &&
              p.along.to == (ptrdiff_t)p.out_bytes;
    size_t next = p.whole ? from->rank : neighbours(&p, from, to);
    if (next < from->rank) p.across = walk(from, to, next);
    for (size_t d = 0; d < from->rank; d++)
        if (d != axis && d != next) push(&p, walk(from, to, d));
    lay_out(&p);
    p.shift = shift(&p, to);
    p.tiles = (p.across.n + p.shift + p.columns - 1) / p.columns;
    p.units = p.tiles;
    for (size_t i = 0; i < p.loops; i++) p.units *= p.loop[i].n;
    return p;
}

/* ---- Lines in scratch ------------------------------------------------------
 */

#define DEFINE_TOUCH(name, type)                                               \
    static void widen_##name(type *to, const type *from, size_t n) {           \
        for (size_t i = 0; i < n; i++) {                                       \
            to[2 * i] = from[i];                                               \
            to[2 * i + 1] = 0;                                                 \
        }                                                                      \
    }                                                                          \
    static void scale_##name(type *x, size_t n, type by) {                     \
        for (size_t i = 0; i < n; i++) x[i] *= by;                             \
    }                                                                          \
    static void conjugate_##name(type *x, size_t n) {                          \
        for (size_t i = 1; i < n; i += 2) x[i] = -x[i];                        \
    }
DEFINE_TOUCH(float, float)
DEFINE_TOUCH(double, double)
DEFINE_TOUCH(long_double, long double)

/* n real numbers. */
static void scale(rtk_number real, void *x, size_t n, long double by) {
    switch (real) {
    case RTK_FLOAT: scale_float(x, n, (float)by); break;
    case RTK_DOUBLE: scale_double(x, n, (double)by); break;
    default: scale_long_double(x, n, by); break;
    }
}

static void conjugate(rtk_number real, void *x, size_t n) {
    switch (real) {
    case RTK_FLOAT: conjugate_float(x, n); break;
    case RTK_DOUBLE: conjugate_double(x, n); break;
    default: conjugate_long_double(x, n); break;
    }
}

static void widen(rtk_number real, void *to, const void *from, size_t n) {
    switch (real) {
    case RTK_FLOAT: widen_float(to, from, n); break;
    case RTK_DOUBLE: widen_double(to, from, n); break;
    default: widen_long_double(to, from, n); break;
    }
}

static void before(const rtk_pass *p, char *line, const char *raw) {
    if (p->widen) widen(p->real, line, raw, p->have);
    memset(line + p->have * p->line_bytes, 0,
           (p->want - p->have) * p->line_bytes);
    if (p->asked.conjugate_in)
        conjugate(p->real, line,
                  p->asked.line->in_bytes / rtk_number_bytes(p->real));
}

static void after(const rtk_pass *p, void *line) {
    size_t reals = p->asked.line->out_bytes / rtk_number_bytes(p->real);
    if (p->asked.conjugate_out) conjugate(p->real, line, reals);
    if (p->scale != 1) scale(p->real, line, reals, p->scale);
}

/* ---- Units -----------------------------------------------------------------
 */

/* Where a part works. */
typedef struct rooms {
    char *out, *in, *raw, *line;
} rooms;

static rooms divide(const rtk_pass *p, char *scratch) {
    char *in = scratch + p->pitch, *raw = in + p->columns * p->pitch;
    return (rooms){scratch, in, raw, raw + p->columns * p->raw_pitch};
}

static bool runs_on(const void *data) {
    return (uintptr_t)data % RTK_LINE_RUNS_ON == 0;
}

/* A line that lies whole in both arrays. */
static void run_line(const rtk_pass *p, const char *from, char *to,
                     const rooms *r) {
    const rtk_line *l = p->asked.line;
    bool as_is = p->have == p->want && !p->widen && !p->asked.conjugate_in;
    /* An out-of-place transform does not write to its input. */
    bool read_there = as_is && l->keeps_input && !p->same &&
                      (l->reads_once || (!p->fetch && runs_on(from)));
    bool write_there = !p->stream && (l->writes_once || runs_on(to));
    void *in = read_there ? (void *)(uintptr_t)from : r->in;
    void *out = write_there ? to : r->out;
    if (!read_there) {
        memcpy(p->widen ? r->raw : r->in, from, p->have * p->in_bytes);
        before(p, r->in, r->raw);
    }
    l->run(l, in, out, r->line);
    after(p, out);
    if (out == to) return;
    if (p->stream)
        p->out_moves->past(to, out, p->give * p->out_bytes);
    else
        memcpy(to, out, p->give * p->out_bytes);
}

static void run_tile(const rtk_pass *p, const char *from, char *to,
                     const rooms *r, size_t columns) {
    const rtk_line *l = p->asked.line;
    rtk_tile t = {.n = p->have,
                  .columns = columns,
                  .along = p->along.from,
                  .across = p->across.from,
                  .pitch = (p->widen ? p->raw_pitch : p->pitch) / p->in_bytes};
    p->in_moves->gather(&t, p->widen ? r->raw : r->in, from);
    for (size_t c = 0; c < columns; c++) {
        char *in = r->in + c * p->pitch, *out = r->out + c * p->pitch;
        before(p, in, r->raw + c * p->raw_pitch);
        l->run(l, in, out, r->line);
        after(p, out);
    }
    t.n = p->give;
    t.along = p->along.to;
    t.across = p->across.to;
    t.pitch = p->pitch / p->out_bytes;
    /* Parts of cache lines are slow to write past the caches. */
    bool stream = p->stream && p->across.to == (ptrdiff_t)p->out_bytes &&
                  columns == p->columns &&
                  columns * p->out_bytes % RTK_LINE_ALIGN == 0 &&
                  (uintptr_t)to % RTK_LINE_ALIGN == 0 &&
                  p->along.to % RTK_LINE_ALIGN == 0;
    (stream ? p->out_moves->stream : p->out_moves->scatter)(&t, to, r->out);
}

static void run_unit(const rtk_pass *p, const char *from, char *to,
                     const rooms *r, size_t unit) {
    size_t first = unit % p->tiles * p->columns, end = first + p->columns;
    first = first < p->shift ? 0 : first - p->shift;
    end -= p->shift;
    if (end > p->across.n) end = p->across.n;
    from += (ptrdiff_t)first * p->across.from;
    to += (ptrdiff_t)first * p->across.to;
    unit /= p->tiles;
    for (size_t i = p->loops; i-- > 0;) {
        ptrdiff_t at = (ptrdiff_t)(unit % p->loop[i].n);
        from += at * p->loop[i].from;
        to += at * p->loop[i].to;
        unit /= p->loop[i].n;
    }
    if (p->whole)
        run_line(p, from, to, r);
    else
        run_tile(p, from, to, r, end - first);
}

void rtk_pass_run(const rtk_pass *p, const char *from, char *to, char *scratch,
                  size_t lo, size_t hi) {
    rooms r = divide(p, scratch);
    for (size_t i = lo; i < hi; i++) run_unit(p, from, to, &r, i);
    if (p->stream) p->out_moves->settle();
}
