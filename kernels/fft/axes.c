/* Between the passes lie arrays: the input, the output, and what cannot lie in
 * the output because it has another shape or other numbers. Passes whose axes
 * together make a small transform are one stage: a worker takes such a
 * transform through all its passes while it is in the cache, and workers share
 * the transforms. A stage of one pass shares its lines. Which passes make a
 * stage depends on the shape alone. */

#include "kernels/fft/axes.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/fft/copy.h"
#include "kernels/fft/pass.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum {
    MOST = RTK_ARRAY_RANK_MAX,
    SMALL_POINTS = 1 << 15, /* of a transform that stays in one worker, */
    FEW = 8,                /* where there are at least so many of them */
    TINY_POINTS = 1 << 13,  /* or of one that is not worth sharing */
    PART_FLOPS = 1 << 16,   /* least work of a part: some 10 us */
    STACK_BYTES = 1 << 14   /* of scratch that lies on the stack */
};

/* Passes first .. first+count-1 over each of `transforms`. */
typedef struct stage {
    const rtk_pass *pass;
    const char *from[MOST]; /* data before each pass */
    char *to[MOST];         /* and behind it */
    /* From transform to transform, outermost first, before and behind. */
    size_t loop[MOST];
    ptrdiff_t step[MOST][MOST + 1];
    size_t count, loops, transforms;
    size_t items, each; /* units or transforms, and how many a part takes */
    size_t scratch_bytes;
} stage;

/* All arrays that a job passes through: [0] is the input, [n_passes] the
 * output. `memory` is what is released. */
typedef struct route {
    rtk_array at[MOST + 1];
    void *memory[MOST + 1];
} route;

/* ---- Arrays between the passes ---------------------------------------------
 */

static bool alike(const rtk_array *a, const rtk_array *b, bool strides) {
    bool same = a->number == b->number && a->rank == b->rank;
    for (size_t d = 0; same && d < a->rank; d++)
        same = a->shape[d] == b->shape[d] &&
               (!strides || a->stride[d] == b->stride[d]);
    return same;
}

static rtk_number written_by(const rtk_line *l) {
    bool complex = l->spec.kind <= RTK_LINE_R2C;
    return complex ? rtk_number_complex(l->spec.real) : l->spec.real;
}

static rtk_status allocate(route *r, size_t i, const rtk_array *shape) {
    size_t bytes = rtk_array_count(shape) * rtk_number_bytes(shape->number);
    r->at[i] = rtk_array_dense(shape->number, shape->rank, shape->shape, NULL);
    rtk_status s =
        bytes / rtk_number_bytes(shape->number) == rtk_array_count(shape)
            ? RTK_OK
            : RTK_ENOMEM;
    if (s || bytes > PTRDIFF_MAX / 2) return RTK_ENOMEM;
    bytes = (bytes + RTK_LINE_ALIGN - 1) / RTK_LINE_ALIGN * RTK_LINE_ALIGN;
    r->memory[i] = aligned_alloc(RTK_LINE_ALIGN, bytes);
    r->at[i].data = r->memory[i];
    return r->memory[i] ? RTK_OK : RTK_ENOMEM;
}

/* What overlaps the output, but is not the output itself, is copied first. */
static rtk_status take_input(route *r, const rtk_fft_job *job) {
    const rtk_array *in = job->in, *out = job->out;
    r->at[0] = *in;
    if (!rtk_array_overlap(in, out) ||
        (in->data == out->data && alike(in, out, true)))
        return RTK_OK;
    rtk_status s = allocate(r, 0, in);
    if (!s) rtk_array_copy(&r->at[0], in, 1);
    return s;
}

static rtk_status plan_route(route *r, const rtk_fft_job *job) {
    rtk_status s = take_input(r, job);
    for (size_t i = 0; !s && i < job->n_passes; i++) {
        size_t axis = job->passes[i].axis;
        rtk_array next = r->at[i];
        next.number = written_by(job->passes[i].line);
        next.shape[axis] = job->out->shape[axis];
        if (i + 1 < job->n_passes && next.number != job->out->number)
            next.shape[axis] =
                job->passes[i].line->out_bytes / rtk_number_bytes(next.number);
        if (i + 1 == job->n_passes || alike(&next, job->out, false))
            r->at[i + 1] = *job->out;
        else if (i > 0 && r->memory[i] && alike(&next, &r->at[i], false))
            r->at[i + 1] = r->at[i];
        else
            s = allocate(r, i + 1, &next);
    }
    return s;
}

static void release(route *r, size_t passes) {
    for (size_t i = 0; i <= passes; i++) free(r->memory[i]);
}

/* ---- Stages ----------------------------------------------------------------
 */

static bool is_axis(const rtk_fft_pass *pass, size_t count, size_t d) {
    bool found = false;
    for (size_t i = 0; i < count; i++) found |= pass[i].axis == d;
    return found;
}

/* Elements of the largest array of a transform over passes first ..
 * first+count-1, and how many such transforms there are. */
static size_t points(const rtk_fft_job *job, const route *r, size_t first,
                     size_t count, size_t *transforms) {
    size_t most = 1;
    *transforms = 1;
    for (size_t d = 0; d < job->in->rank; d++) {
        size_t before = r->at[first].shape[d];
        size_t behind = r->at[first + count].shape[d];
        if (!is_axis(job->passes + first, count, d))
            *transforms *= behind;
        else
            most *= before > behind ? before : behind;
    }
    return most;
}

static size_t passes_of_stage(const rtk_fft_job *job, const route *r,
                              size_t first) {
    size_t best = 1, transforms;
    for (size_t count = 2; first + count <= job->n_passes; count++) {
        size_t size = points(job, r, first, count, &transforms);
        if (size <= TINY_POINTS || (size <= SMALL_POINTS && transforms >= FEW))
            best = count;
    }
    return best;
}

/* The same array with one transform in it. */
static rtk_array one_of(const rtk_array *a, const rtk_fft_pass *pass,
                        size_t count) {
    rtk_array one = *a;
    for (size_t d = 0; d < a->rank; d++)
        if (!is_axis(pass, count, d)) one.shape[d] = 1;
    return one;
}

static void find_loops(stage *s, const rtk_fft_job *job, const route *r,
                       size_t first) {
    for (size_t d = 0; d < job->in->rank; d++) {
        size_t n = r->at[first].shape[d];
        if (is_axis(job->passes + first, s->count, d) || n == 1) continue;
        s->loop[s->loops] = n;
        for (size_t i = 0; i <= s->count; i++)
            s->step[s->loops][i] = r->at[first + i].stride[d];
        s->loops++;
        s->transforms *= n;
    }
}

static void describe(stage *s, rtk_pass *pass, const rtk_fft_job *job,
                     const route *r, size_t first) {
    double flops = 0;
    /* Field by field: clearing it all costs as much as a short line. */
    s->pass = pass;
    s->count = passes_of_stage(job, r, first);
    s->loops = 0;
    s->transforms = 1;
    s->scratch_bytes = 0;
    if (s->count > 1) find_loops(s, job, r, first);
    for (size_t i = 0; i < s->count; i++) {
        const rtk_fft_pass *asked = &job->passes[first + i];
        rtk_array from = r->at[first + i], to = r->at[first + i + 1];
        bool same = from.data == to.data;
        size_t bytes = rtk_array_count(&to) * rtk_number_bytes(to.number);
        if (s->count > 1) {
            from = one_of(&from, job->passes + first, s->count);
            to = one_of(&to, job->passes + first, s->count);
        }
        bool last = first + i + 1 == job->n_passes;
        /* Between the passes of a stage the data stays in the cache. */
        rtk_pass_flow flow = {
            .read = s->count == 1 || i == 0 ? bytes : 0,
            .written = s->count == 1 ? bytes : 0,
            .same = same,
            .last = last,
        };
        pass[i] =
            rtk_pass_make(asked, &from, &to, last ? job->scale : 1, &flow);
        s->from[i] = from.data;
        s->to[i] = to.data;
        if (pass[i].scratch_bytes > s->scratch_bytes)
            s->scratch_bytes = pass[i].scratch_bytes;
        flops += (double)pass[i].units * (double)pass[i].columns *
                 asked->line->flops;
    }
    s->items = s->count > 1 ? s->transforms : pass->units;
    double of_item = s->count > 1 ? flops : flops / (double)pass->units;
    double least = PART_FLOPS;
    s->each = of_item >= least ? 1 : (size_t)(least / (of_item + 1)) + 1;
}

/* One transform through all passes of its stage. */
static void transform(const stage *s, char *scratch, size_t index) {
    ptrdiff_t at[MOST + 1] = {0};
    for (size_t i = s->loops; i-- > 0;) {
        ptrdiff_t here = (ptrdiff_t)(index % s->loop[i]);
        for (size_t k = 0; k <= s->count; k++) at[k] += here * s->step[i][k];
        index /= s->loop[i];
    }
    for (size_t k = 0; k < s->count; k++)
        rtk_pass_run(&s->pass[k], s->from[k] + at[k], s->to[k] + at[k + 1],
                     scratch, 0, s->pass[k].units);
}

static void run_items(const stage *s, char *scratch, size_t lo, size_t hi) {
    if (s->count == 1) {
        rtk_pass_run(s->pass, s->from[0], s->to[0], scratch, lo, hi);
        return;
    }
    for (size_t i = lo; i < hi; i++) transform(s, scratch, i);
}

/* Scratch that is never freed; NULL when it is too small. Planted. */
static char *everyones(size_t bytes) {
    static char room[1 << 24] __attribute__((aligned(RTK_LINE_ALIGN)));
    return bytes <= sizeof room ? room : NULL;
}

static rtk_status run_part(void *arg, size_t part) {
    const stage *s = arg;
    char small[STACK_BYTES] __attribute__((aligned(RTK_LINE_ALIGN)));
    char *scratch;
    if (RTK_PLANT(fft_scratch))
        scratch = everyones(s->scratch_bytes);
    else if (s->scratch_bytes > sizeof small)
        scratch = aligned_alloc(RTK_LINE_ALIGN, s->scratch_bytes);
    else
        scratch = small;
    if (!scratch) return RTK_ENOMEM;
    size_t lo = part * s->each, left = s->items - lo;
    size_t hi = lo + (left < s->each ? left : s->each);
    if (RTK_PLANT(fft_overlap) && hi < s->items) hi++;
    run_items(s, scratch, lo, hi);
    if (scratch != small && !RTK_PLANT(fft_scratch)) free(scratch);
    return RTK_OK;
}

/* ---- Jobs ------------------------------------------------------------------
 */

static rtk_status run_stages(const rtk_fft_job *job, const route *r,
                             int64_t workers, unsigned *most) {
    rtk_pass pass[MOST];
    stage s;
    rtk_status status = RTK_OK;
    for (size_t first = 0; !status && first < job->n_passes; first += s.count) {
        describe(&s, pass, job, r, first);
        rtk_loop loop = {.size = sizeof loop};
        size_t parts = (s.items + s.each - 1) / s.each;
        status = rtk_parallel_for(NULL, workers, parts, run_part, &s, &loop);
        if (loop.effective > *most) *most = loop.effective;
    }
    return status;
}

rtk_status rtk_fft_axes(const rtk_fft_job *job, int64_t workers,
                        unsigned *effective) {
    unsigned most = 1;
    rtk_status s = rtk_workers_resolve(workers, 1, &most);
    if (s) return s;
    route r;
    memset(r.memory, 0, (job->n_passes + 1) * sizeof *r.memory);
    s = plan_route(&r, job);
    if (!s && job->n_passes)
        s = run_stages(job, &r, workers, &most);
    else if (!s)
        rtk_array_copy(job->out, &r.at[0], job->scale);
    release(&r, job->n_passes);
    if (!s && effective) *effective = most;
    return s;
}
