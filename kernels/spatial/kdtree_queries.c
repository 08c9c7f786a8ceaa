/* Each query's leaf is found by the cuts, and the queries are counting-sorted
 * by it. */

#include "kernels/spatial/kdtree_queries.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/spatial/kdtree_build.h"
#include "kernels/workers/workers.h"

enum {
    LOCATE_PART = 1024,
    KEYS_LEAST = 1024,
    AHEAD = 8 /* visits: rows come from anywhere, and would be waited for */
};

/* The leaves that a part's queries fall in. */
static rtk_status locate(void *arg, size_t part) {
    rtk_kdtree_queries *q = arg;
    const rtk_kdtree *t = q->tree;
    const rtk_kdtree_maker *make = rtk_kdtree_maker_of(t);
    size_t row = t->d * rtk_kdtree_bytes(t), end = (part + 1) * LOCATE_PART;
    double x[RTK_KDTREE_LOCKSTEP * RTK_KDTREE_DIMENSIONS_MAX];
    uint32_t leaf[RTK_KDTREE_LOCKSTEP];
    if (end > q->m) end = q->m;
    memset(x, 0, RTK_KDTREE_LOCKSTEP * row);
    for (size_t i = part * LOCATE_PART; i < end; i += RTK_KDTREE_LOCKSTEP) {
        size_t some = end - i;
        if (some > RTK_KDTREE_LOCKSTEP) some = RTK_KDTREE_LOCKSTEP;
        for (size_t l = 0; l < some; l++)
            if (!make->load(t, &q->from, i + l, RTK_KDTREE_WRAP,
                            (char *)x + l * row))
                return RTK_EINVAL;
        if (!t->n) continue;
        make->descend(t->forks, t->d, x, leaf);
        memcpy(q->fork + i, leaf, some * sizeof *leaf);
    }
    return RTK_OK;
}

/* Leaves have no more keys than a few for each query: what is counted is then
 * about as long as what is sorted. */
static unsigned shift(const rtk_kdtree_queries *q) {
    size_t most = 2 * q->m < KEYS_LEAST ? KEYS_LEAST : 2 * q->m;
    unsigned by = 0;
    while (q->tree->n_forks >> by > most) by++;
    return by;
}

static rtk_status arrange(rtk_kdtree_queries *q) {
    unsigned by = shift(q);
    size_t keys = (q->tree->n_forks >> by) + 1;
    size_t *at = calloc(keys + 1, sizeof *at);
    if (!at) return RTK_ENOMEM;
    for (size_t i = 0; i < q->m; i++) at[(q->fork[i] >> by) + 1]++;
    for (size_t k = 0; k < keys; k++) at[k + 1] += at[k];
    for (size_t i = 0; i < q->m; i++) q->order[at[q->fork[i] >> by]++] = i;
    free(at);
    return RTK_OK;
}

rtk_status rtk_kdtree_queries_begin(rtk_kdtree_queries *q,
                                    const rtk_kdtree *tree,
                                    const rtk_array *from, int64_t workers) {
    *q = (rtk_kdtree_queries){.tree = tree};
    if (rtk_array_check(from) || from->rank != 2 ||
        from->number != tree->number || from->shape[1] != tree->d)
        return RTK_EINVAL;
    q->from = *from;
    q->m = from->shape[0];
    q->wrap = tree->period != NULL;
    q->order = rtk_kdtree_room_new(q->m, sizeof *q->order);
    q->fork = rtk_kdtree_room_new(q->m, sizeof *q->fork);
    if (!q->order || !q->fork) return RTK_ENOMEM;
    size_t parts = q->m / LOCATE_PART + (q->m % LOCATE_PART != 0);
    rtk_status s = rtk_parallel_for(NULL, workers, parts, locate, q, NULL);
    if (s) return s;
    if (q->m > 1 && tree->n) return arrange(q);
    for (size_t i = 0; i < q->m; i++) q->order[i] = i;
    return RTK_OK;
}

/* Points one by one in the order of their slots, as they lie in the leaves. */
static void unpack(const rtk_kdtree *t, rtk_kdtree_queries *q) {
    size_t bytes = rtk_kdtree_bytes(t), visit = 0;
    for (size_t f = 0; f < t->n_forks; f++) {
        if (!t->home[f]) continue;
        size_t slot = rtk_kdtree_slot(t->home[f]);
        size_t count = rtk_kdtree_points(t->home[f]);
        size_t room = rtk_kdtree_room(count);
        for (size_t i = 0; i < count; i++, visit++) {
            q->row[visit] = t->ids[slot + i];
            q->order[visit] = q->own ? visit : (size_t)t->ids[slot + i];
            for (size_t j = 0; q->own && j < t->d; j++)
                memcpy((char *)q->own + (visit * t->d + j) * bytes,
                       (const char *)t->x +
                           (slot * t->d + j * room + i) * bytes,
                       bytes);
        }
    }
}

rtk_status rtk_kdtree_queries_around(rtk_kdtree_queries *q,
                                     const rtk_kdtree *tree,
                                     const rtk_kdtree *around) {
    *q = (rtk_kdtree_queries){.tree = tree, .m = around->n};
    q->order = rtk_kdtree_room_new(q->m, sizeof *q->order);
    q->row = rtk_kdtree_room_new(q->m, sizeof *q->row);
    if (around->x)
        q->own = rtk_kdtree_room_new(q->m, around->d * rtk_kdtree_bytes(tree));
    if (!q->order || !q->row || (around->x && !q->own)) return RTK_ENOMEM;
    size_t shape[2] = {q->m, around->d};
    q->from = around->x ? rtk_array_dense(tree->number, 2, shape, q->own)
                        : around->borrowed;
    unpack(around, q);
    return RTK_OK;
}

void rtk_kdtree_queries_end(rtk_kdtree_queries *q) {
    free(q->order);
    free(q->row);
    free(q->fork);
    free(q->own);
}

size_t rtk_kdtree_visit(const rtk_kdtree_queries *q, size_t i, void *x) {
    size_t from = q->order[i];
    if (q->m - i > AHEAD) {
        ptrdiff_t at = (ptrdiff_t)q->order[i + AHEAD] * q->from.stride[0];
        __builtin_prefetch((const char *)q->from.data + at);
    }
    rtk_kdtree_load mode = q->wrap ? RTK_KDTREE_WRAP : RTK_KDTREE_COPY;
    (void)rtk_kdtree_maker_of(q->tree)->load(q->tree, &q->from, from, mode, x);
    return q->row ? (size_t)q->row[i] : from;
}
