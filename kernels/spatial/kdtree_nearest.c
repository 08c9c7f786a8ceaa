/* The nearest points of each query, and the values there. A part is a run of
 * queries that are near each other; it works in their rows of the answer. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/spatial/kdtree_queries.h"
#include "kernels/workers/planted.h"
#include "kernels/workers/workers.h"

enum { AHEAD = 4 };

/* Read-only while the parts run, but for their queries' rows. */
typedef struct job {
    const rtk_kdtree *tree;
    rtk_kdtree_queries q;
    rtk_kdtree_plan plan;
    const rtk_kdtree_walk *walk;
    double limit;
    size_t k;
    char *best; /* m * k */
    int64_t *id;
} job;

/* Of the planted faults: where a search last began, and of which query. */
static struct hint {
    const rtk_kdtree *tree;
    rtk_kdtree_ref home;
} hint;
static double last_query[RTK_KDTREE_DIMENSIONS_MAX];

/* The leaf to begin with. Any will do, the query's own is the best. */
static rtk_kdtree_ref start(const job *b, size_t row) {
    rtk_kdtree_ref home = b->tree->home[b->q.fork[row]];
    if (RTK_PLANT(kdtree_hint)) {
        struct hint was = hint;
        hint = (struct hint){b->tree, home};
        if (was.tree == b->tree) home = was.home;
    }
    return home;
}

/* The points that a later visit begins with, and where its answer goes. */
static void ahead(const job *b, size_t i) {
    if (i >= b->q.m) return;
    size_t row = b->q.order[i], bytes = rtk_kdtree_bytes(b->tree);
    rtk_kdtree_ref home = b->tree->home[b->q.fork[row]];
    if (b->tree->x)
        __builtin_prefetch((const char *)b->tree->x +
                           rtk_kdtree_slot(home) * b->tree->d * bytes);
    __builtin_prefetch(b->best + row * b->k * bytes, 1);
    __builtin_prefetch(b->id + row * b->k, 1);
}

static rtk_status part(void *arg, size_t number) {
    const job *b = arg;
    size_t bytes = rtk_kdtree_bytes(b->tree);
    size_t end = rtk_kdtree_part_end(&b->q, number);
    double own[RTK_KDTREE_DIMENSIONS_MAX];
    double *x = RTK_PLANT(kdtree_query) ? last_query : own;
    for (size_t i = number * RTK_KDTREE_PART; i < end; i++) {
        size_t row = rtk_kdtree_visit(&b->q, i, x);
        char *best = b->best + row * b->k * bytes;
        ahead(b, i + AHEAD);
        b->walk->nearest(b->tree, &b->plan, x, start(b, row), b->limit, b->k,
                         best, b->id + row * b->k);
        rtk_kdtree_roots(b->tree, &b->plan, best, b->k);
    }
    return RTK_OK;
}

/* No points, or none that are near enough. */
static void none(const job *b) {
    for (size_t i = 0; i < b->q.m * b->k; i++) {
        b->id[i] = (int64_t)b->tree->n;
        if (b->tree->number == RTK_FLOAT)
            ((float *)(void *)b->best)[i] = INFINITY;
        else
            ((double *)(void *)b->best)[i] = INFINITY;
    }
}

static rtk_status search(job *b, const rtk_array *queries, int64_t workers,
                         unsigned *effective) {
    size_t all = 0;
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s = rtk_kdtree_queries_begin(&b->q, b->tree, queries, workers);
    if (s) return s;
    if (__builtin_mul_overflow(b->q.m, b->k, &all) || all > PTRDIFF_MAX / 8)
        return RTK_EINVAL;
    bool wanted = b->best != NULL;
    if (!wanted) b->best = rtk_kdtree_room_new(all, rtk_kdtree_bytes(b->tree));
    if (!b->best) return RTK_ENOMEM;
    b->limit = rtk_kdtree_limit(b->tree, &b->plan, b->plan.bound, true);
    b->walk = rtk_kdtree_walk_of(b->tree, &b->plan);
    if (b->tree->n)
        s = rtk_parallel_for(NULL, workers, rtk_kdtree_parts(&b->q), part, b,
                             &loop);
    else
        none(b);
    if (!wanted) free(b->best);
    if (!s) *effective = b->tree->n ? loop.effective : 1;
    return s;
}

rtk_status rtk_kdtree_nearest(const rtk_kdtree *tree, const rtk_array *queries,
                              size_t k, const rtk_kdtree_search *how,
                              int64_t workers, void *distances,
                              int64_t *indices, unsigned *effective) {
    job b = {.tree = tree, .k = k, .best = distances, .id = indices};
    unsigned had = 1;
    if (k < 1) return RTK_EINVAL;
    rtk_status s = rtk_kdtree_plan_make(how, &b.plan);
    if (!s) s = search(&b, queries, workers, &had);
    rtk_kdtree_queries_end(&b.q);
    if (!s && effective) *effective = had;
    return s;
}

/* ---- Interpolation ---------------------------------------------------------
 */

static void set_nan(const rtk_array *a, char *to) {
    size_t real = rtk_number_bytes(rtk_number_real(a->number));
    for (size_t at = 0; at < rtk_number_bytes(a->number); at += real) {
        float narrow = NAN;
        double wide = NAN;
        long double widest = NAN;
        const void *nan = real == sizeof narrow ? (void *)&narrow
                          : real == sizeof wide ? (void *)&wide
                                                : (void *)&widest;
        memcpy(to + at, nan, real);
    }
}

/* Element `i` of an entry, counted in C order over the axes but the first. */
static ptrdiff_t offset(const rtk_array *a, size_t i) {
    ptrdiff_t at = 0;
    for (size_t d = a->rank; d-- > 1; i /= a->shape[d])
        at += (ptrdiff_t)(i % a->shape[d]) * a->stride[d];
    return at;
}

static void copy_entry(const rtk_array *values, int64_t from,
                       const rtk_array *out, size_t to, size_t elements) {
    size_t n = values->shape[0];
    for (size_t i = 0; i < elements; i++) {
        char *y =
            (char *)out->data + (ptrdiff_t)to * out->stride[0] + offset(out, i);
        if ((size_t)from == n)
            set_nan(out, y);
        else
            memcpy(y,
                   (const char *)values->data +
                       (ptrdiff_t)from * values->stride[0] + offset(values, i),
                   rtk_number_bytes(out->number));
    }
}

static bool match(const rtk_kdtree *tree, const rtk_array *queries,
                  const rtk_array *values, const rtk_array *out) {
    if (rtk_array_check(queries) || rtk_array_check(values) ||
        rtk_array_check(out) || queries->rank != 2 || values->rank < 1 ||
        out->rank != values->rank || out->number != values->number ||
        !tree->n || values->shape[0] != tree->n ||
        out->shape[0] != queries->shape[0])
        return false;
    for (size_t d = 1; d < out->rank; d++)
        if (out->shape[d] != values->shape[d]) return false;
    return true;
}

rtk_status rtk_kdtree_interpolate(const rtk_kdtree *tree,
                                  const rtk_array *queries,
                                  const rtk_array *values,
                                  const rtk_kdtree_search *how, int64_t workers,
                                  const rtk_array *out, unsigned *effective) {
    if (!match(tree, queries, values, out)) return RTK_EINVAL;
    size_t m = queries->shape[0], elements = 1;
    for (size_t d = 1; d < out->rank; d++) elements *= out->shape[d];
    int64_t *id = rtk_kdtree_room_new(m, sizeof *id);
    if (!id) return RTK_ENOMEM;
    rtk_status s =
        rtk_kdtree_nearest(tree, queries, 1, how, workers, NULL, id, effective);
    for (size_t i = 0; !s && i < m; i++)
        copy_entry(values, id[i], out, i, elements);
    free(id);
    return s;
}
