/* All points within a radius. Each part gathers the hits of its queries in a
 * list of its own; when their lengths are known, they are copied to their rows.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/spatial/kdtree_queries.h"
#include "kernels/workers/workers.h"

/* Read-only while the parts run, but for a part's list and its queries' lengths
 * and rows. */
typedef struct job {
    const rtk_kdtree *tree;
    rtk_kdtree_queries q;
    rtk_kdtree_plan plan;
    const rtk_kdtree_walk *walk;
    rtk_kdtree_ball ball;
    bool later;
    rtk_kdtree_hits *list; /* one for each part */
    size_t *length;        /* m, by visit */
    rtk_kdtree_found found;

    int64_t *counts;
    size_t n_limits;
    double *limits;  /* one for each radius, or NULL */
    uint64_t *added; /* n_limits for each part */
} job;

typedef struct hit {
    double distance;
    int64_t id;
} hit;

static double radius(const job *b, size_t row) {
    return b->ball.radii[b->ball.n_radii == 1 ? 0 : row];
}

static double limit_of(const job *b, size_t row) {
    return rtk_kdtree_limit(b->tree, &b->plan, radius(b, row), false);
}

/* What the caller asked for, read and checked. */
static rtk_status prepare(job *b, const rtk_kdtree_ball *ball,
                          const rtk_kdtree_search *how) {
    if (ball->size > sizeof b->ball) return RTK_EINVAL;
    b->ball = (rtk_kdtree_ball){.size = sizeof b->ball};
    memcpy(&b->ball, ball, ball->size);
    if (b->ball.n_radii < 1 || !b->ball.radii) return RTK_EINVAL;
    for (size_t i = 0; i < b->ball.n_radii; i++)
        if (!(b->ball.radii[i] >= 0)) return RTK_EINVAL;
    if (b->ball.order > RTK_KDTREE_BY_DISTANCE) return RTK_EINVAL;
    rtk_status s = rtk_kdtree_plan_make(how, &b->plan);
    if (!s) b->walk = rtk_kdtree_walk_of(b->tree, &b->plan);
    return s;
}

/* ---- Rows ------------------------------------------------------------------
 */

static rtk_status gather(void *arg, size_t part) {
    job *b = arg;
    double x[RTK_KDTREE_DIMENSIONS_MAX];
    rtk_kdtree_hits *list = &b->list[part];
    size_t end = rtk_kdtree_part_end(&b->q, part);
    rtk_status s = RTK_OK;
    for (size_t i = part * RTK_KDTREE_PART; !s && i < end; i++) {
        size_t row = rtk_kdtree_visit(&b->q, i, x), before = list->n;
        list->after = b->later ? (int64_t)row : -1;
        s = b->walk->within(b->tree, &b->plan, x, limit_of(b, row), list);
        b->length[i] = list->n - before;
    }
    return s;
}

static int by_index(const void *a, const void *b) {
    const hit *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_distance(const void *a, const void *b) {
    const hit *x = a, *y = b;
    if (x->distance < y->distance) return -1;
    return x->distance > y->distance ? 1 : by_index(a, b);
}

static void order(const job *b, int64_t *id, void *distance, size_t n,
                  hit *room) {
    bool narrow = b->tree->number == RTK_FLOAT;
    double *wide = distance;
    float *small = distance;
    for (size_t i = 0; i < n; i++) {
        double far = !distance ? 0 : narrow ? (double)small[i] : wide[i];
        room[i] = (hit){far, id[i]};
    }
    qsort(room, n, sizeof *room,
          b->ball.order == RTK_KDTREE_BY_INDEX ? by_index : by_distance);
    for (size_t i = 0; i < n; i++) {
        id[i] = room[i].id;
        if (!distance) continue;
        if (narrow)
            small[i] = (float)room[i].distance;
        else
            wide[i] = room[i].distance;
    }
}

/* Room to sort the longest of a part's lists in. */
static rtk_status sorting_room(const job *b, size_t part, hit **room) {
    size_t longest = 0, end = rtk_kdtree_part_end(&b->q, part);
    if (b->ball.order == RTK_KDTREE_AS_FOUND) return RTK_OK;
    for (size_t i = part * RTK_KDTREE_PART; i < end; i++)
        if (b->length[i] > longest) longest = b->length[i];
    *room = rtk_kdtree_room_new(longest, sizeof **room);
    return *room ? RTK_OK : RTK_ENOMEM;
}

static size_t row_of(const job *b, size_t visit) {
    return b->q.row ? (size_t)b->q.row[visit] : b->q.order[visit];
}

/* Sums are sorted, not their roots: of those some may be equal by rounding. */
static rtk_status deliver(void *arg, size_t part) {
    job *b = arg;
    size_t bytes = rtk_kdtree_bytes(b->tree), at = 0;
    size_t end = rtk_kdtree_part_end(&b->q, part);
    rtk_kdtree_hits *list = &b->list[part];
    hit *room = NULL;
    rtk_status s = sorting_room(b, part, &room);
    for (size_t i = part * RTK_KDTREE_PART; !s && i < end; i++) {
        size_t n = b->length[i], to = b->found.start[row_of(b, i)];
        if (!n) continue;
        int64_t *id = list->id + at;
        char *distance =
            list->distance ? (char *)list->distance + at * bytes : NULL;
        at += n;
        if (room) order(b, id, distance, n, room);
        memcpy(b->found.index + to, id, n * sizeof *id);
        if (!distance || !b->found.distances) continue;
        rtk_kdtree_roots(b->tree, &b->plan, distance, n);
        memcpy((char *)b->found.distances + to * bytes, distance, n * bytes);
    }
    free(room);
    return s;
}

static rtk_status rows(job *b) {
    rtk_kdtree_found *f = &b->found;
    size_t bytes = rtk_kdtree_bytes(b->tree);
    f->start = calloc(f->rows + 1, sizeof *f->start);
    if (!f->start) return RTK_ENOMEM;
    for (size_t i = 0; i < b->q.m; i++)
        f->start[row_of(b, i) + 1] = b->length[i];
    for (size_t i = 0; i < f->rows; i++) f->start[i + 1] += f->start[i];
    size_t all = f->start[f->rows];
    f->index = rtk_kdtree_room_new(all, sizeof *f->index);
    if (b->ball.distances) f->distances = rtk_kdtree_room_new(all, bytes);
    if (!f->index || (b->ball.distances && !f->distances)) return RTK_ENOMEM;
    return RTK_OK;
}

/* Queries are there; make the rows. */
static rtk_status find(job *b, int64_t workers, unsigned *effective) {
    size_t parts = rtk_kdtree_parts(&b->q);
    rtk_loop loop = {.size = sizeof loop, .effective = 1};
    b->list = calloc(parts + 1, sizeof *b->list);
    b->length = calloc(b->q.m + 1, sizeof *b->length);
    if (!b->list || !b->length) return RTK_ENOMEM;
    for (size_t p = 0; p < parts; p++)
        b->list[p].wanted =
            b->ball.distances || b->ball.order == RTK_KDTREE_BY_DISTANCE;
    rtk_status s = RTK_OK;
    if (b->tree->n)
        s = rtk_parallel_for(NULL, workers, parts, gather, b, &loop);
    if (!s) s = rows(b);
    if (!s) s = rtk_parallel_for(NULL, workers, parts, deliver, b, NULL);
    for (size_t p = 0; p < parts; p++) {
        free(b->list[p].id);
        free(b->list[p].distance);
    }
    if (!s) *effective = loop.effective;
    return s;
}

/* Hand over what was found, or nothing. */
static rtk_status finish(job *b, rtk_status s, unsigned had,
                         rtk_kdtree_found *found, unsigned *effective) {
    rtk_kdtree_queries_end(&b->q);
    free(b->list);
    free(b->length);
    if (s) {
        rtk_kdtree_found_free(&b->found);
        return s;
    }
    *found = b->found;
    if (effective) *effective = had;
    return RTK_OK;
}

void rtk_kdtree_found_free(rtk_kdtree_found *found) {
    if (!found) return;
    free(found->start);
    free(found->index);
    free(found->distances);
    *found = (rtk_kdtree_found){.size = sizeof *found};
}

rtk_status rtk_kdtree_within(const rtk_kdtree *tree, const rtk_array *queries,
                             const rtk_kdtree_ball *ball,
                             const rtk_kdtree_search *how, int64_t workers,
                             rtk_kdtree_found *found, unsigned *effective) {
    job b = {.tree = tree};
    unsigned had = 1;
    rtk_status s = prepare(&b, ball, how);
    if (!s) s = rtk_kdtree_queries_begin(&b.q, tree, queries, workers);
    if (!s && b.ball.n_radii != 1 && b.ball.n_radii != b.q.m) s = RTK_EINVAL;
    b.found = (rtk_kdtree_found){.size = sizeof b.found, .rows = b.q.m};
    if (!s) s = find(&b, workers, &had);
    return finish(&b, s, had, found, effective);
}

/* Whether the points of one can be queries of the other. */
static bool alike(const rtk_kdtree *a, const rtk_kdtree *b) {
    return a->number == b->number && a->d == b->d && !a->period == !b->period &&
           (!a->period ||
            !memcmp(a->period, b->period, a->d * rtk_kdtree_bytes(a)));
}

rtk_status rtk_kdtree_pairs(const rtk_kdtree *tree, const rtk_kdtree *around,
                            const rtk_kdtree_ball *ball, bool later,
                            const rtk_kdtree_search *how, int64_t workers,
                            rtk_kdtree_found *found, unsigned *effective) {
    job b = {.tree = tree, .later = later};
    unsigned had = 1;
    rtk_status s = prepare(&b, ball, how);
    if (!s && (b.ball.n_radii != 1 || !alike(tree, around))) s = RTK_EINVAL;
    if (!s) s = rtk_workers_resolve(workers, 1, &had);
    if (!s) s = rtk_kdtree_queries_around(&b.q, tree, around);
    b.found = (rtk_kdtree_found){.size = sizeof b.found, .rows = b.q.m};
    if (!s) s = find(&b, workers, &had);
    return finish(&b, s, had, found, effective);
}

/* ---- Counts ----------------------------------------------------------------
 */

static rtk_status count(void *arg, size_t part) {
    job *b = arg;
    double x[RTK_KDTREE_DIMENSIONS_MAX];
    size_t end = rtk_kdtree_part_end(&b->q, part);
    for (size_t i = part * RTK_KDTREE_PART; i < end; i++) {
        size_t row = rtk_kdtree_visit(&b->q, i, x);
        b->counts[row] =
            (int64_t)b->walk->count(b->tree, &b->plan, x, limit_of(b, row));
    }
    return RTK_OK;
}

rtk_status rtk_kdtree_count(const rtk_kdtree *tree, const rtk_array *queries,
                            const rtk_kdtree_ball *ball,
                            const rtk_kdtree_search *how, int64_t workers,
                            int64_t *counts, unsigned *effective) {
    job b = {.tree = tree, .counts = counts};
    rtk_loop loop = {.size = sizeof loop, .effective = 1};
    rtk_status s = prepare(&b, ball, how);
    if (!s) s = rtk_kdtree_queries_begin(&b.q, tree, queries, workers);
    if (!s && b.ball.n_radii != 1 && b.ball.n_radii != b.q.m) s = RTK_EINVAL;
    if (!s && tree->n)
        s = rtk_parallel_for(NULL, workers, rtk_kdtree_parts(&b.q), count, &b,
                             &loop);
    for (size_t i = 0; !s && !tree->n && i < b.q.m; i++) counts[i] = 0;
    rtk_kdtree_queries_end(&b.q);
    if (!s && effective) *effective = loop.effective;
    return s;
}

static rtk_status add(void *arg, size_t part) {
    job *b = arg;
    double x[RTK_KDTREE_DIMENSIONS_MAX];
    size_t end = rtk_kdtree_part_end(&b->q, part);
    uint64_t *sum = b->added + part * b->n_limits;
    for (size_t i = part * RTK_KDTREE_PART; i < end; i++) {
        (void)rtk_kdtree_visit(&b->q, i, x);
        for (size_t r = 0; r < b->n_limits; r++)
            sum[r] += b->walk->count(b->tree, &b->plan, x, b->limits[r]);
    }
    return RTK_OK;
}

static rtk_status count_all(job *b, int64_t workers, rtk_loop *loop) {
    size_t parts = rtk_kdtree_parts(&b->q);
    b->n_limits = b->ball.n_radii;
    b->limits = calloc(b->n_limits, sizeof *b->limits);
    b->added = calloc(parts * b->n_limits + 1, sizeof *b->added);
    rtk_status s = b->limits && b->added ? RTK_OK : RTK_ENOMEM;
    for (size_t r = 0; !s && r < b->n_limits; r++)
        b->limits[r] =
            rtk_kdtree_limit(b->tree, &b->plan, b->ball.radii[r], false);
    if (!s && b->tree->n)
        s = rtk_parallel_for(NULL, workers, parts, add, b, loop);
    for (size_t r = 0; !s && r < b->n_limits; r++) {
        uint64_t sum = 0;
        for (size_t p = 0; p < parts; p++) sum += b->added[p * b->n_limits + r];
        b->counts[r] = (int64_t)sum;
    }
    free(b->limits);
    free(b->added);
    return s;
}

rtk_status rtk_kdtree_count_pairs(const rtk_kdtree *tree,
                                  const rtk_kdtree *around,
                                  const rtk_kdtree_ball *ball,
                                  const rtk_kdtree_search *how, int64_t workers,
                                  int64_t *counts, unsigned *effective) {
    job b = {.tree = tree, .counts = counts};
    rtk_loop loop = {.size = sizeof loop, .effective = 1};
    unsigned had = 1;
    rtk_status s = prepare(&b, ball, how);
    if (!s && !alike(tree, around)) s = RTK_EINVAL;
    if (!s) s = rtk_workers_resolve(workers, 1, &had);
    if (!s) s = rtk_kdtree_queries_around(&b.q, tree, around);
    if (!s) s = count_all(&b, workers, &loop);
    rtk_kdtree_queries_end(&b.q);
    if (!s && effective) *effective = loop.effective;
    return s;
}
